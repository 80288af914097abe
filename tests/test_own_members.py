"""A dataset, an init and a solver are added in one file each, in a package of the user's."""

import subprocess
import sys

import pytest

FILES = {
    "ring": '''
"""A dataset: circulant rows that overlap with their neighbours."""
import numpy as np
from nmfstudy.datasets import DATASETS, Dataset

def ring(*, n=5):
    return Dataset("ring", np.eye(n) + np.roll(np.eye(n), 1, axis=1))

DATASETS["ring"] = ring
''',
    "even": '''
"""An init: entries from [0, 1), evenly distributed."""
import numpy as np
from nmfstudy.fitting.inits import INITS, Init
from nmfstudy.util.references import Reference
from nmfstudy.util.streams import stream

def even_starts(X, n_components, seeds, options):
    draws = [stream(seed, "even").random((sum(X.shape), n_components)) for seed in seeds]
    W, H = zip(*[np.split(draw, [X.shape[0]]) for draw in draws])
    return np.array(W), np.array(H).transpose(0, 2, 1)

SOURCE = Reference("Even & Flat, 1901", "Even, A. & Flat, B. (1901). On entries alike.")
INITS["even"] = Init("even", even_starts, "evenly distributed factors", SOURCE)
''',
    "halving": '''
"""A solver: coordinate descent under another name."""
from nmfstudy.fitting.solvers import SOLVERS
from nmfstudy.fitting.solvers.coordinate_descent import CoordinateDescent
from nmfstudy.util.references import Reference

class Halving(CoordinateDescent):
    name = "halving"
    label = "descent by halves (Zeno, 450)"
    references = (Reference("Zeno, 450", "Zeno (450). On never arriving."),)

SOLVERS[Halving.name] = Halving
''',
}
STUDY = """
import nmfstudy as ns
from nmfstudy.report.methods import methods_text
import own.{member}
data = ns.load_dataset("{dataset}")
fits = ns.fit(data, 2, n_starts=12, init="{init}", solver="{solver}")
assert fits.converged.all()
study = ns.Study.of(data, fits)
assert set(study.starts.dataset) == {{"{dataset}"}} and set(study.starts.init) == {{"{init}"}}
assert study.starts.solver.str.startswith("{solver}").all()
text = methods_text(study)
assert all(part in text for part in {says}), text
try:
    ns.fit(data, 2, init="none such")
except ns.RequestError as error:
    print(error)
"""


@pytest.mark.parametrize(
    ("member", "says"),
    [
        ("ring", ["of ring (5 samples × 5 features"]),
        ("even", ["evenly distributed factors (Even & Flat, 1901)", "On entries alike."]),
        ("halving", ["descent by halves (Zeno, 450)", "On never arriving."]),
    ],
)
def test_a_member_is_one_file(tmp_path, member, says):
    """It is fitted, tabulated, named and cited with no other file touched."""
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "__init__.py").touch()
    (tmp_path / "own" / f"{member}.py").write_text(FILES[member], encoding="utf-8")
    usual = {"dataset": "menu", "init": "random", "solver": "coordinate_descent"}
    kind = {"ring": "dataset", "even": "init", "halving": "solver"}[member]
    code = STUDY.format(member=member, says=says, **{**usual, kind: member})
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert ("even" in done.stdout) == (member == "even")
