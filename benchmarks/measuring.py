"""What one piece of work costs, measured in a process of its own.

>>> from measuring import Work, measure
>>> cost = measure(Work(n_samples=2000, n_features=64, n_components=8, n_starts=10, max_iter=100))
>>> cost.per_sweep, cost.peak_bytes  # seconds per start and sweep; memory above the idle process

Wall time says what a user waits, CPU time what the work takes whatever else the machine does.
"""

import json
import os
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np


@dataclass(frozen=True)
class Work:
    """Fits of random data: uniform entries, or ``nnz`` of them in a sparse matrix.

    ``data`` names a dataset of the package instead, whose shape then counts. With ``tol = 0``
    every start makes ``max_iter`` sweeps.
    """

    n_samples: int = 2000
    n_features: int = 64
    n_components: int = 8
    n_starts: int = 8
    max_iter: int = 100
    nnz: int | None = None
    data: str | None = None
    solver: str = "coordinate_descent"
    tol: float = 0.0
    record: str = "all"
    threads: int | None = None

    @property
    def multiply_adds(self):
        """Of one plain sweep of one start: products with X, Gram matrices, the sweep itself."""
        n, d, k = self.n_samples, self.n_features, self.n_components
        return 2 * (self.nnz or n * d) * k + 2 * (n + d) * k * k


@dataclass(frozen=True)
class Cost:
    """Medians of the repeats.

    Attributes
    ----------
    seconds, cpu_seconds : float
        Of the whole call of ``fit``, compile time apart.
    seconds_range : (float, float)
        Fastest and slowest repeat.
    sweeps : float
        Mean per start.
    n_starts : int
    peak_bytes : int
        Most memory above what the warm process had before.
    resident_bytes : int
        Most memory in all.
    n_kept : int
        Rows of factors that are kept.
    """

    seconds: float
    cpu_seconds: float
    seconds_range: tuple
    sweeps: float
    n_starts: int
    peak_bytes: int
    resident_bytes: int
    n_kept: int

    @property
    def per_sweep(self):
        """Seconds per start and sweep."""
        return self.seconds / (self.n_starts * self.sweeps)

    @property
    def cores(self):
        """How many cores it kept busy."""
        return self.cpu_seconds / self.seconds


def measure(work, repeats=3):
    """The `Cost` of a `Work`, in a fresh process that has compiled or loaded its kernels."""
    environment = dict(os.environ)
    if work.threads:
        environment["NUMBA_NUM_THREADS"] = str(work.threads)
    command = [sys.executable, __file__, json.dumps(asdict(work)), str(repeats)]
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    if done.returncode:
        raise RuntimeError(f"{work}: {done.stderr[-2000:]}")
    found = json.loads(done.stdout.splitlines()[-1])
    return Cost(**{**found, "seconds_range": tuple(found["seconds_range"])})


def exponent(sizes, values):
    """The ``e`` of ``value ∝ size^e`` by least squares on logarithms.

    Over the larger half of the sizes (three at least), where fixed costs no longer show.
    """
    half = max(3, len(sizes) // 2 + 1)
    x, y = np.log(sizes[-half:]), np.log(np.maximum(values[-half:], 1e-300))
    return float(np.polyfit(x, y, 1)[0])


def peak_multiply_adds(size=1000, repeats=7):
    """Multiply-adds a CPU second: the fastest of a few square ``dgemm`` on one thread."""
    from scipy.linalg.blas import dgemm
    from threadpoolctl import threadpool_limits

    A = np.asfortranarray(np.random.default_rng(0).random((size, size)))
    with threadpool_limits(1, "blas"):
        dgemm(1.0, A, A)
        return size**3 / min(clocked(lambda: dgemm(1.0, A, A))[1] for _ in range(repeats))


def clocked(work):
    """Wall and CPU seconds of a call, and what it returns."""
    wall, cpu = time.perf_counter(), time.process_time()
    result = work()
    return time.perf_counter() - wall, time.process_time() - cpu, result


def peak_above(work):
    """Bytes by which the peak of the resident memory rises during a call (Linux)."""
    before = restart_peak()
    work()
    return max(0, resident("VmHWM") - before)


def restart_peak():
    """Start the peak of the resident memory anew; the bytes that are resident now."""
    Path("/proc/self/clear_refs").write_text("5")
    return resident("VmRSS")


def resident(field):
    """A memory figure of this process in bytes: VmRSS now, VmHWM at its peak."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(field):
            return int(line.split()[1]) * 1024
    raise RuntimeError(f"/proc/self/status has no {field}")


def _data(work):
    import nmfstudy as ns

    if work.data:
        return ns.load_dataset(work.data).X
    rng = np.random.default_rng(0)
    if work.nnz is None:
        return rng.random((work.n_samples, work.n_features))
    from scipy import sparse

    density = work.nnz / (work.n_samples * work.n_features)
    shape = (work.n_samples, work.n_features)
    return sparse.random_array(shape, density=density, format="csr", rng=rng)


def _measure_here(work, repeats):
    import nmfstudy as ns

    X = _data(work)

    def fit(**less):
        keys = {"n_starts": work.n_starts, "max_iter": work.max_iter, **less}
        keys |= {} if work.record == "all" else {"record": work.record}
        return ns.fit(X, work.n_components, solver=work.solver, tol=work.tol, **keys)

    fit(n_starts=2, max_iter=3)
    before = restart_peak()
    calls = [clocked(fit)]  # its peak counts: later calls find memory that was never given back
    most = resident("VmHWM")
    fits = calls[0][2]
    calls = [call[:2] for call in calls] + [clocked(fit)[:2] for _ in range(repeats - 1)]
    wall, cpu = zip(*calls, strict=True)
    return {
        "seconds": float(np.median(wall)),
        "cpu_seconds": float(np.median(cpu)),
        "seconds_range": [min(wall), max(wall)],
        "sweeps": float(fits.n_iter.mean()),
        "n_starts": work.n_starts,
        "peak_bytes": max(0, most - before),
        "resident_bytes": most,
        "n_kept": len(fits.W),
    }


if __name__ == "__main__" and len(sys.argv) == 3:
    print(json.dumps(_measure_here(Work(**json.loads(sys.argv[1])), int(sys.argv[2]))))
