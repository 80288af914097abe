"""Where a result comes from: code, libraries, machine."""

import os
import platform
import subprocess
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import nmfstudy

_LIBRARIES = "numpy scipy scikit-learn pandas matplotlib hydra-core numba".split()


@cache
def provenance():
    """Versions, commit, BLAS, CPU and threads of this process, as plain data."""
    return {
        "package": nmfstudy.__version__,
        **_commit(),
        "python": platform.python_version(),
        "libraries": {name: _version(name) for name in _LIBRARIES},
        "blas": _blas(),
        "cpu": _cpu(),
        "cores": len(os.sched_getaffinity(0))
        if hasattr(os, "sched_getaffinity")
        else os.cpu_count(),
        "platform": platform.platform(),
    }


def _version(name):
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _commit():
    """Commit of the checkout the package lies in; None from an installed wheel.

    A wheel inside somebody's own repository is told apart by asking whether git tracks us.
    """
    here = Path(__file__)

    def git(*arguments):
        command = ["git", "-C", str(here.parent), *arguments]
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=10)
        return done.stdout.strip()

    try:
        git("ls-files", "--error-unmatch", here.name)
        return {
            "commit": git("rev-parse", "HEAD"),
            "dirty": bool(git("status", "--porcelain", "-uno")),
        }
    except (OSError, subprocess.SubprocessError):
        return {"commit": None, "dirty": None}


def _blas():
    from threadpoolctl import threadpool_info

    return sorted(
        {
            f"{pool['internal_api']} {pool['version']} {pool.get('architecture', '')}".strip()
            for pool in threadpool_info()
            if pool["user_api"] == "blas"
        }
    )


def _cpu():
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()
