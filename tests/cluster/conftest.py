import importlib.util
import os

import pytest
from faults.small_sweeps import tables
from gated_study import HERE, Gate, begin, ends
from slurm_cluster import Slurm, missing_programs


def skip_or_fail(reason):
    """Where continuous integration has installed everything, an absence is a failure."""
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


def missing_plugin(name):
    """Hydra's launcher, if it is not installed."""
    found = importlib.util.find_spec(f"hydra_plugins.hydra_{name}_launcher")
    return [] if found else [f"hydra-{name}-launcher"]


@pytest.fixture
def gate(tmp_path):
    return Gate(tmp_path / "gate")


@pytest.fixture
def start(tmp_path, gate):
    """Starts the study with more overrides as a process of its own."""
    begun = []

    def start(*more, **options):
        begun.append(begin(tmp_path / "results", gate, *more, **options))
        return begun[-1]

    yield start
    for process in begun:
        if process.poll() is None:
            process.kill()
            process.communicate()


@pytest.fixture
def folder(tmp_path):
    """The study's folder."""
    return tmp_path / "results" / "shared"


@pytest.fixture(scope="session")
def expected(tmp_path_factory):
    """Tables of the study when this process alone makes it."""
    folder = tmp_path_factory.mktemp("expected")
    gate = Gate(folder / "gate")
    gate.open()
    ends(begin(folder, gate), 0)
    return tables(folder / "shared")


@pytest.fixture(scope="session")
def slurm():
    """A running SLURM of two nodes."""
    missing = missing_programs() + missing_plugin("submitit")
    if missing:
        skip_or_fail(f"missing: {', '.join(missing)}")
    cluster = Slurm()
    try:
        cluster.start()
    except RuntimeError as error:
        cluster.stop()
        skip_or_fail(f"SLURM does not start here: {error}")
    yield cluster
    cluster.stop()


@pytest.fixture
def ray_cluster(gate):
    """A running Ray cluster of two nodes that know the gate."""
    missing = missing_plugin("ray")
    if missing:
        skip_or_fail(f"missing: {', '.join(missing)}")
    from ray_cluster import Ray

    cluster = Ray()
    try:
        cluster.start({"GATE": str(gate.folder), "PYTHONPATH": HERE})
        yield cluster
    except RuntimeError as error:
        skip_or_fail(f"Ray does not start here: {error}")
    finally:
        cluster.stop()
