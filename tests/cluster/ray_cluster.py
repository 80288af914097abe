"""A Ray cluster on this host: a head that computes nothing, and two nodes."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from ports import free_ports

NODES = ("n1", "n2")
PROGRAM = str(Path(sys.executable).with_name("ray"))


class Ray:
    """The daemons, from `start` to `stop`; ``environment`` is for those who use them."""

    def __init__(self):
        # Paths of sockets are short, those of pytest's folders are not.
        self.folder = Path(tempfile.mkdtemp(prefix="ray"))
        self.address = f"127.0.0.1:{free_ports(1)}"
        self.environment = {
            **{k: v for k, v in os.environ.items() if not k.startswith("RAY")},
            "HOME": str(self.folder),  # where Ray keeps its token
            "RAY_USAGE_STATS_ENABLED": "0",
        }
        self.daemons = {}

    def start(self, environment):
        """Start the head and both nodes, which pass this environment on to the jobs.

        Raises
        ------
        RuntimeError
            If one of them does not come in a minute.
        """
        self.environment |= environment
        port = self.address.split(":")[1]
        head = ["--head", f"--port={port}", f"--temp-dir={self.folder}/t", "--num-cpus=0"]
        self._spawn("head", *head, "--include-dashboard=false")
        for node in NODES:
            self._spawn(node, f"--address={self.address}", "--num-cpus=2")

    def kill_node(self, node):
        """Kill a node's daemons and all that they have started."""
        daemon = self.daemons.pop(node)
        for pid in family(daemon.pid):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        daemon.wait()

    def stop(self):
        """Kill what is left; there is nothing to save."""
        for node in list(self.daemons):
            self.kill_node(node)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _spawn(self, name, *options):
        path = self.folder / f"{name}.out"
        with open(path, "wb") as out:
            self.daemons[name] = subprocess.Popen(
                [PROGRAM, "start", "--block", "--object-store-memory=100000000", *options],
                env={**self.environment, "NODE": name},
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                start_new_session=True,
            )
        # One after the other: nodes that start at the same moment take each other's ports.
        until = time.monotonic() + 60
        while "--block" not in path.read_text():
            if time.monotonic() > until or self.daemons[name].poll() is not None:
                raise RuntimeError(f"{name} does not come: {path.read_text()}")
            time.sleep(0.1)


def family(pid):
    """A process and its descendants, the latest generation last."""
    children = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            above = int(stat.read_text().rsplit(")", 1)[1].split()[1])
            children.setdefault(above, []).append(int(stat.parent.name))
    found, new = [], [pid]
    while new:
        found += new
        new = [child for parent in new for child in children.get(parent, [])]
    return found
