"""What no machine can carry out is counted before memory is taken, and refused."""

import tracemalloc

import numpy as np
import pytest

from nmfstudy import fit
from nmfstudy.cli import main
from nmfstudy.util.errors import RequestError, check_memory

HUGE = "9" * 20


@pytest.fixture
def little_memory():
    """Fails the test if it takes more than a laptop has to spare, imports apart."""
    main(["run", "--check"])
    tracemalloc.start()
    yield
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 100e6


@pytest.mark.parametrize(
    ("argv", "number"),
    [
        (["run", "n_starts=4000000000", "block=1"], "4000000000 run folders"),
        (["run", "n_starts=4000000000", "block=4000000000"], "4000000000 starts"),
        (["run", "n_starts=auto", "block=1000000000000"], "1000000000000 starts"),
        (["run", f"n_starts={HUGE}"], HUGE),
        (["run", f"n_components={HUGE}"], HUGE),
        (["run", "-m", "seed=range(0,1000000000)"], "1000000000 jobs"),
        (["run", "-m", "seed=range(0,100000)", "n_components=range(1,100000)"], "9999900000 jobs"),
        (["run", "-m", "penalty=ridge", "penalty.alpha_W=range(0,1,1e-12)"], "1000000000001 jobs"),
        (["run", "study=smoke", "seed=range(0,1000000)", "n_starts=1"], "7000000 jobs"),
        (["certify", "X.csv", "-k", "2", "--n-starts", "99999999999"], "99999999999"),
        (["certify", "X.csv", "-k", "2", "--n-starts", "4000000000"], "4000000000 starts"),
        (["certify", "X.csv", "-k", HUGE], HUGE),
        (["certify", "X.csv", "-k", "2", "--budget", "nan"], "nan"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_impossible_numbers_are_counted_and_named(
    argv, number, tmp_path, monkeypatch, capsys, little_memory
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "X.csv").write_text("a,b,c\n1,2,3\n4,5,6\n7,8,1\n2,2,9\n")
    assert main(argv) == 2
    err = capsys.readouterr().err
    assert err.count("\n") == 1 and number in err and "; possible: " in err
    assert [path.name for path in tmp_path.iterdir()] == ["X.csv"]


@pytest.mark.parametrize("n_starts", [10**11, 4 * 10**9])
def test_so_it_is_in_python(n_starts, little_memory):
    with pytest.raises(RequestError, match=str(n_starts)):
        fit(np.ones((4, 3)), 2, n_starts=n_starts)


def test_half_of_the_memory_is_allowed():
    check_memory("a list", 2**20, "another")
    with pytest.raises(RequestError, match=r"a list would take \d+ GB, this machine has .*another"):
        check_memory("a list", 2**46, "another")
    with pytest.raises(RequestError, match=r"more than 10\^3000 GB"):
        check_memory("a list", 10**3010, "another")
