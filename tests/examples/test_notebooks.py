"""The example notebooks show what their code shows now."""

import importlib.util
import json
import re
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).resolve().parent.parent.parent / "examples"
NOTEBOOKS = sorted(EXAMPLES.glob("*.ipynb"))
_spec = importlib.util.spec_from_file_location("examples_run", EXAMPLES / "run.py")
examples = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(examples)


def differences(old, new):
    """Words of two texts that are not the same, numbers up to what another machine changes."""
    pairs = [re.split(r"[\s\[\](),;]+", text.strip()) for text in (old, new)]
    if len(pairs[0]) != len(pairs[1]):
        return [(old, new)]
    return [pair for pair in zip(*pairs, strict=True) if not same_word(*pair)]


def same_word(a, b):
    try:
        return value(a) == pytest.approx(value(b), rel=0.25, abs=1e-6)
    except ValueError:
        return a == b


_PLAIN = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")


def value(word):
    """A number as it is shown: ``0.5``, ``10⁻⁶``, ``3·10⁻⁷``."""
    found = re.fullmatch(r"(?:([\d.]+)·)?10([⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+)", word)
    if found is None:
        return float(word)
    head, raised = found.groups("1")
    return float(f"{head}e{raised.translate(_PLAIN)}")


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.name)
def test_a_notebook_shows_what_its_code_shows(path):
    kept = json.loads(path.read_text(encoding="utf-8"))
    made = examples.run(kept)
    old, new = (list(examples.texts(notebook)) for notebook in (kept, made))
    assert len(old) == len(new) >= 5
    for pair in zip(old, new, strict=True):
        assert differences(*pair) == []
    assert "data:image/png;base64" in json.dumps(kept)
    assert path.stat().st_size < 200_000


def test_other_words_and_other_numbers_are_seen():
    assert differences("a 1.0 [2]", "a 1.1  [2.]") == []
    assert differences("objective 3·10⁻¹⁸", "objective 10⁻¹⁸") == []
    assert differences("1.2·10⁻³", "1.3·10⁻³") == [] != differences("1.2·10⁻³", "1.2·10⁻²")
    assert differences("3 solutions", "5 solutions") == [("3", "5")]
    assert differences("one", "several") and differences("one", "one two")


def test_a_cell_shows_what_it_prints_and_its_value():
    space = {}
    (printed,) = examples.run_cell("x = 2\nprint(x)", space, 1)
    assert printed == {"output_type": "stream", "name": "stdout", "text": ["2\n"]}
    (value,) = examples.run_cell("x + 1", space, 2)
    assert value["data"] == {"text/plain": ["3"]}
    assert examples.run_cell("None", space, 3) == [] == examples.run_cell("", space, 4)
