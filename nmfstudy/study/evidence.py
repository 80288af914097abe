"""What the data of a study say of every k, kept by content so that a second report is quick."""

import math
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd

from nmfstudy.assess.evidence import Evidence, evidence_over_k, numbers_looked_at
from nmfstudy.store.files import own, read_json, write_json
from nmfstudy.store.job import digest
from nmfstudy.util.sources import hash_of_sources, sources_behind


def evidence_of(results):
    """Evidence on the data that some problems have in common, at their numbers of components.

    Parameters
    ----------
    results : list of ProblemResult
        Of one dataset.

    Returns
    -------
    Evidence or None
        Read from the study's ``evidence/`` if it is there and fits the data. None of a study that
        is only read, if it is not.
    """
    dataset, folder = results[0].dataset, results[0].folder
    asked = [r.problem.n_components for r in results]
    ks = numbers_looked_at(asked, dataset.X.shape)
    path = None
    if folder is not None and Path(folder).is_dir():
        name = digest({"data": dataset.sha256, "k": ks, "code": _code()})
        path = Path(folder) / "evidence" / f"{name}.json"
    kept = _kept(path, ks, dataset.X.shape)
    if kept is not None or not results[0].may_fit:
        return kept
    evidence = evidence_over_k(dataset.X, asked)
    if path is not None:
        path.parent.mkdir(exist_ok=True)
        write_json(path, _plain(evidence))
    return evidence


@cache
def _code():
    """Hash of the sources that the evidence comes from: that of others is taken anew."""
    return hash_of_sources(sources_behind("nmfstudy.assess.evidence"))


def _plain(evidence):
    columns = {
        name: [None if isinstance(v, float) and math.isnan(v) else v for v in values]
        for name, values in evidence.table.to_dict("list").items()
    }
    return {"table": columns, "outlying": evidence.outlying.tolist()}


def _kept(path, ks, shape):
    """Evidence from a file; None unless it is whole, of these k, and made of numbers."""
    if path is None or not path.is_file():
        return None
    try:
        plain = read_json(own(path))
        table = {
            name: np.array([math.nan if v is None else float(v) for v in plain["table"][name]])
            for name in _COLUMNS
        }
        outlying = np.array(plain["outlying"], dtype=np.int64).reshape(-1, 2)
        if table["n_components"].tolist() == ks and {len(v) for v in table.values()} == {len(ks)}:
            table = pd.DataFrame(table)
            table["n_components"] = ks
            table["within_one"] = table.within_one.astype(bool)
            return Evidence(table, outlying, shape)
    except (OSError, ValueError, LookupError, TypeError, OverflowError):
        pass  # torn or foreign: taken anew
    return None


_COLUMNS = "n_components relative_error structure holdout holdout_se within_one replicated".split()
