"""A real SLURM of two nodes on this host, without systemd, cgroups or accounting."""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

from ports import free_ports

PROGRAMS = "munged slurmctld slurmd sinfo squeue sbatch srun scancel".split()
SBIN = "/usr/sbin:/sbin"
NODES = ("n1", "n2")
CONFIG = """\
ClusterName=t
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={port}
SlurmUser={user}
SlurmdUser={user}
AuthInfo=socket={folder}/munge.sock,cred_expire=5
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool/%n
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.%n.pid
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SlurmdParameters=config_overrides
ReturnToService=2
SlurmdTimeout=10
KillWait=3
MinJobAge=3600
MailProg=/bin/true
NodeName=n[1-2] NodeHostname={host} NodeAddr=127.0.0.1 Port=[{first}-{last}] CPUs=2 RealMemory=4000
PartitionName=main Nodes=ALL Default=YES
"""
# submitit asks sacct, which without accounting only fails; squeue knows the same.
SACCT = """\
#!/bin/sh
while [ $# -gt 0 ]; do [ "$1" = -j ] && jobs="$jobs,$2"; shift; done
echo 'JobID|State|NodeList'
squeue -h -r -t all -j "${jobs#,}" -o '%i|%T|%N'
"""


def missing_programs():
    """Programs of SLURM that are not installed."""
    path = f"{os.environ['PATH']}:{SBIN}"
    return [name for name in PROGRAMS if shutil.which(name, path=path) is None]


class Slurm:
    """The daemons, from `start` to `stop`; ``environment`` is for those who use them."""

    def __init__(self):
        # munged wants its socket where others may pass, which pytest's folders are not.
        self.folder = Path(tempfile.mkdtemp(prefix="slurm"))
        self.folder.chmod(0o755)
        (self.folder / "bin").mkdir()
        (self.folder / "bin" / "sacct").write_text(SACCT)
        (self.folder / "bin" / "sacct").chmod(0o755)
        self.environment = {
            **{k: v for k, v in os.environ.items() if not k.startswith("SLURM")},
            "PATH": f"{self.folder}/bin:{os.environ['PATH']}:{SBIN}",
            "SLURM_CONF": str(self.folder / "slurm.conf"),
        }
        self.daemons = {}

    def start(self):
        """Start all and wait for both nodes; RuntimeError if they do not come in a minute."""
        port = free_ports(3)
        text = CONFIG.format(
            host=socket.gethostname().split(".")[0],
            user=_user(),
            folder=self.folder,
            port=port,
            first=port + 1,
            last=port + 2,
        )
        (self.folder / "slurm.conf").write_text(text)
        for name in ("state", "spool/n1", "spool/n2"):
            (self.folder / name).mkdir(parents=True)
        key = self.folder / "munge.key"
        key.write_bytes(os.urandom(128))
        key.chmod(0o600)
        names = {"key": "key", "socket": "sock", "pid": "pid", "seed": "seed", "log": "log"}
        options = [
            f"--{n}{'' if n == 'socket' else '-file'}={self.folder}/munge.{end}"
            for n, end in names.items()
        ]
        self._spawn("munged", "munged", "-F", *options)
        _wait(lambda: (self.folder / "munge.sock").exists(), 10, "munged")
        self._spawn("slurmctld", "slurmctld", "-D")
        for node in NODES:
            self.start_node(node)
        self.wait_for_nodes(60)

    def start_node(self, node):
        """Start a node that was never there or has been killed."""
        self._spawn(node, "slurmd", "-D", "-N", node)

    def wait_for_nodes(self, seconds):
        """Wait until both nodes are idle."""
        _wait(lambda: self.ask("sinfo", "-h", "-o", "%D %t") == "2 idle", seconds, "two idle nodes")

    def ask(self, *command):
        """What one of SLURM's programs prints."""
        done = subprocess.run(
            command, env=self.environment, capture_output=True, text=True, timeout=30
        )
        return done.stdout.strip()

    def kill_daemon(self, node):
        """Kill a node's daemon, not what it has started: SLURM believes the node lost."""
        daemon = self.daemons.pop(node)
        daemon.kill()
        daemon.wait()

    def kill_node(self, node):
        """Kill a node's daemon and all that it has started, so that none can tell of it."""
        started = self._started_by(node)
        for number in (signal.SIGSTOP, signal.SIGKILL):
            for pid in [self.daemons[node].pid, *started]:
                _signal(pid, number)
        self.daemons.pop(node).wait()

    def recover(self):
        """Cancel all jobs, start what has been killed, and wait for both nodes."""
        self.ask("scancel", "--user", _user())
        for node in NODES:
            if node not in self.daemons:
                self.start_node(node)
        self.wait_for_nodes(120)

    def stop(self):
        """Cancel jobs and stop the daemons in reverse order, gently first."""
        self.ask("scancel", "--user", _user())
        _wait(lambda: not self.ask("squeue", "-h"), 20, "an empty queue", fail=False)
        for daemon in reversed(list(self.daemons.values())):
            daemon.terminate()
            try:
                daemon.wait(3)
            except subprocess.TimeoutExpired:
                daemon.kill()
                daemon.wait()
        for node in NODES:
            for pid in self._started_by(node):
                _signal(pid, signal.SIGKILL)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _spawn(self, name, *command):
        # Into a file: a daemon that inherits a pipe would keep it open for ever.
        with open(self.folder / f"{name}.out", "ab") as out:
            self.daemons[name] = subprocess.Popen(
                command,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                start_new_session=True,
            )

    def _started_by(self, node):
        """Processes of jobs on a node of this cluster, with the step daemons above them."""
        marks = {f"SLURM_CONF={self.folder}/slurm.conf", f"SLURMD_NODENAME={node}"}
        found = set()
        for proc in Path("/proc").glob("[0-9]*"):
            try:
                if marks <= set((proc / "environ").read_text(errors="replace").split("\0")):
                    above = int((proc / "stat").read_text().rsplit(")", 1)[1].split()[1])
                    found.add(int(proc.name))
                    if (Path("/proc") / str(above) / "comm").read_text().startswith("slurmstepd"):
                        found.add(above)
            except OSError:  # ended meanwhile
                continue
        return found


def _user():
    import pwd

    return pwd.getpwuid(os.geteuid()).pw_name


def _signal(pid, number):
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        pass


def _wait(condition, seconds, what, fail=True):
    until = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > until:
            if fail:
                raise RuntimeError(f"{what} did not come in {seconds} s")
            return
        time.sleep(0.1)
