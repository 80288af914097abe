"""A study on a Ray cluster of two nodes, one of which is lost."""

from faults.small_sweeps import tables
from gated_study import N_JOBS, N_RUNS, ends, run_times


def test_the_jobs_of_a_lost_node_are_run_again(start, ray_cluster, gate, folder, expected):
    asked = ["hydra/launcher=ray", f"cluster.address={ray_cluster.address}"]
    process = start(*asked, environment=ray_cluster.environment)
    callers = gate.wait_for(N_JOBS, process)
    assert {c["node"] for c in callers} == {"n1", "n2"}
    assert {c["threads"] for c in callers} == {"1"}
    ray_cluster.kill_node("n1")
    gate.open()
    ends(process, 0)
    lost = [c for c in callers if c["node"] == "n1"]
    assert [c for c in gate.callers() if c["node"] == "n1"] == lost  # n2 has done the rest
    assert len(gate.callers()) == N_RUNS + len(lost)
    assert len(run_times(folder)) == N_RUNS
    assert tables(folder) == expected
