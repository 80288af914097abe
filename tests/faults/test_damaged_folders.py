"""A study's folder after any damage: what is whole is read as it was, the rest listed."""

import shutil

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from small_sweeps import a_job

from nmfstudy import RequestError, Study
from nmfstudy.report.words_on_status import status_lines
from nmfstudy.store import is_finished
from nmfstudy.store.status import status_of
from nmfstudy.sweep.execution import execute


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    folder = tmp_path_factory.mktemp("whole")
    execute(a_job(folder, n_starts=6, block=2))
    return folder / "small"


def cut(draw, content):
    return content[: draw(st.integers(0, len(content)))]


def flip(draw, content):
    if not content:
        return b"\0"
    at = draw(st.integers(0, len(content) - 1))
    return content[:at] + bytes([content[at] ^ draw(st.integers(1, 255))]) + content[at + 1 :]


def insert(draw, content):
    at = draw(st.integers(0, len(content)))
    return content[:at] + draw(st.binary(min_size=1, max_size=30)) + content[at:]


DAMAGES = (cut, flip, insert, lambda draw, content: None)


@given(st.data())
@settings(
    max_examples=50,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_any_damage_is_seen_and_nothing_is_half_read(whole, tmp_path, data):
    study = tmp_path / "study"
    shutil.rmtree(study, ignore_errors=True)
    shutil.copytree(whole, study)
    expected = fits_by_run(Study.load(whole))
    files = sorted(p for p in study.rglob("*") if p.is_file())
    hit = data.draw(st.lists(st.sampled_from(files), min_size=1, max_size=3, unique=True))
    for path in hit:
        content = data.draw(st.sampled_from(DAMAGES))(data.draw, path.read_bytes())
        if content is None:
            path.unlink()
        else:
            path.write_bytes(content)
    assert all(len(line) < 2000 for line in status_lines(status_of(study)))
    try:
        loaded = Study.load(study, code="mixed")
    except RequestError as error:
        assert "\n" not in str(error)
        return
    found = fits_by_run(loaded)
    # Whatever is not in is listed.
    assert len(found) + len(loaded.skipped) == len(expected)
    # A digit of run.json that is another digit says something else, and nothing against it.
    rewritten = {path.parent.name for path in hit if path.name == "run.json"}
    for run in set(found) - rewritten:
        assert is_finished(study, run)
        for name in ("W", "H", "objective", "seed", "kkt_residual"):
            np.testing.assert_array_equal(getattr(found[run], name), getattr(expected[run], name))


def fits_by_run(study):
    pairs = [p for result in study for p in zip(result.searches, result.run_of, strict=True)]
    return {run: fits[runs == run] for fits, runs in pairs for run in dict.fromkeys(runs.tolist())}
