"""The same study by processes of this machine."""

from faults.small_sweeps import tables
from gated_study import N_JOBS, ends


def test_processes_give_the_same_tables(start, gate, folder, expected):
    process = start("hydra/launcher=joblib", f"hydra.launcher.n_jobs={N_JOBS}")
    callers = gate.wait_for(N_JOBS, process)
    assert len({c["pid"] for c in callers}) == N_JOBS
    gate.open()
    ends(process, 0)
    assert tables(folder) == expected
