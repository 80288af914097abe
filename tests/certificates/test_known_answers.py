import json

import pytest
from known_cases import KNOWN

from nmfstudy import certify
from nmfstudy.certificates import Verdict


@pytest.mark.parametrize("known", KNOWN, ids=lambda k: k.name)
def test_known_answer(known):
    verdict = certify(known.W, known.H)
    assert verdict.status == known.status
    assert verdict.n_solutions == known.n_solutions
    assert verdict.identifiable_W == known.identifiable_W
    assert verdict.identifiable_H == known.identifiable_H
    assert verdict.verify()
    if known.status == "not_unique":
        assert verdict.witness is not None
    stored = json.loads(json.dumps(verdict.to_dict(), allow_nan=False))
    assert Verdict.from_dict(stored).verify()
