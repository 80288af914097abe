import random

import killing
import pytest


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory):
    """Tables of a sweep that nobody kills, and how long it takes."""
    folder = tmp_path_factory.mktemp("whole")
    killing.finish(folder)
    lasting = killing.finish(tmp_path_factory.mktemp("again"))
    return killing.tables(folder), lasting


@pytest.mark.parametrize("seed", range(3))
def test_killed_sweeps_go_on_and_end_with_the_same_tables(seed, uninterrupted, tmp_path):
    expected, lasting = uninterrupted
    moments = random.Random(seed)
    at = [moments.uniform(0, lasting) for _ in range(killing.KILLS_PER_ROUND)]
    killing.one_round(tmp_path, expected, at)


def test_the_comparison_can_fail(uninterrupted, tmp_path):
    """The negative control: a table altered by one digit is found out."""
    expected, _ = uninterrupted
    altered = {name: [list(row) for row in rows] for name, rows in expected.items()}
    altered["starts.csv"][1][11] += "1"
    with pytest.raises(AssertionError, match="tables differ"):
        killing.one_round(tmp_path, altered, [])
