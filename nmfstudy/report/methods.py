"""A paragraph for the methods section of a paper, with true numbers and citations."""

from nmfstudy.fitting.inits import INITS
from nmfstudy.fitting.solvers import SOLVERS
from nmfstudy.report.gate import gate_words
from nmfstudy.report.page.numbers import ABSENT, count, number, percent
from nmfstudy.report.phrases import certificate_cell, coverage_text, kind_cell
from nmfstudy.util.display import listed

_REFERENCES = {
    "Gillis, 2020": "Gillis, N. (2020). Nonnegative Matrix Factorization. SIAM.",
    "Good, 1953": "Good, I. J. (1953). The population frequencies of species and the estimation of "
    "population parameters. Biometrika 40(3–4), 237–264.",
    "Kuhn, 1955": "Kuhn, H. W. (1955). The Hungarian method for the assignment problem. Naval "
    "Research Logistics Quarterly 2(1–2), 83–97.",
    "Lee & Seung, 1999": "Lee, D. D. & Seung, H. S. (1999). Learning the parts of objects by "
    "non-negative matrix factorization. Nature 401, 788–791.",
    "Lorenzo-Seva & ten Berge, 2006": "Lorenzo-Seva, U. & ten Berge, J. M. F. (2006). Tucker’s "
    "congruence coefficient as a meaningful index of factor similarity. Methodology 2(2), 57–64.",
}
_LOSSES = {
    "frobenius": "½‖X − WH‖² (Frobenius norm)",
    "kullback-leibler": "the generalised Kullback–Leibler divergence of WH from X",
    "itakura-saito": "the Itakura–Saito divergence of WH from X",
}
_OPTIONS = {"warmup": "the first {} sweeps plain"}
# As CITATION.cff has it, which does not travel with an installed package.
SOFTWARE = (
    "The nmfstudy authors (2026). nmfstudy: how many different NMF solutions does a matrix have?"
)
_CERTIFIED = ("unique", "not_unique", "partially_identifiable", "locally_unique")
MOST_FOUND = 12  # problems whose result is told
MOST_PARAGRAPHS = 20  # of datasets


def methods_text(study):
    """What the study did, a paragraph per dataset and loss, and the references it cites.

    What is the same for all of them is said once, at the end. Of very many datasets a few have a
    paragraph.

    Parameters
    ----------
    study : Study

    Returns
    -------
    str
    """
    groups = {}
    for result in study:
        groups.setdefault((result.dataset.sha256, result.problem.loss), []).append(result)
    rows = {row["problem"]: row for row in study.problems.to_dict("records")}
    shown = list(groups.values())[:MOST_PARAGRAPHS]
    sentence = [_of_data(results, rows) for results in shown]
    if more := len(groups) - len(shown):
        sentence.append([f"Likewise {more:,} more matrices, which tables/problems.csv lists"])
    common = _of_all(study, rows)
    paragraphs = [*sentence, common] if len(sentence) > 1 else [sentence[0] + common]
    text = "\n\n".join(". ".join(sentences) + "." for sentences in paragraphs)
    cited = [entry for key, entry in sorted(_bibliography().items()) if key in text]
    versions = _versions(study)
    software = f"{SOFTWARE} Version {versions}." if versions else SOFTWARE
    return "\n".join([text, "", "References", "", *cited, software, ""])


def _bibliography():
    """Entries by key: those of the members and of the methods they are used with."""
    of_inits = [init.reference for init in INITS.values() if init.reference]
    of_solvers = [reference for solver in SOLVERS.values() for reference in solver.references]
    return _REFERENCES | {reference.key: reference.entry for reference in of_inits + of_solvers}


def _of_data(results, rows):
    """What was done with one dataset and loss; every sentence without its full stop."""
    dataset, loss = results[0].dataset, results[0].problem.loss
    n, d = dataset.X.shape
    ks = sorted({r.problem.n_components for r in results})
    counting = _counting(results)
    starts = sum(map(len, counting))
    converged = sum(r.solutions.n_converged for r in results)
    found = [
        f"Nonnegative matrix factorization (Lee & Seung, 1999) of {dataset.name} ({n:,} samples × "
        f"{d:,} features; sha256 {dataset.sha256[:16]}…) was studied",
        f"X was approximated by WH with W, H ≥ 0 by minimising {_LOSSES[loss]}"
        f"{_penalties(results)} for k = {listed(map(str, ks))} components",
        *_searches(counting),
        f"Of {count(starts, 'start')} {number(converged)} converged to a KKT residual of at most "
        f"{number(results[0].analysis.kkt_tol)}, and only these were counted",
    ]
    shown = [r for r in results if r.problem.penalty.is_zero] or results
    parts = "; ".join(_found(r, rows[r.key]) for r in shown[:MOST_FOUND])
    return [*found, f"Found: {parts}"]


def _of_all(study, rows):
    """How fits were compared, in all data; likewise."""
    tol = study.analysis
    common = [
        "Two fits were taken as one solution if, with components matched by the Hungarian "
        "algorithm (Kuhn, 1955), the root of the summed squared differences of their terms w·h was "
        f"at most {number(tol.distance_tol)} of ‖X‖; as good as the best means "
        f"{gate_words(tol.objective_rtol)}",
        "Coverage, the chance that one more random start ends in a minimum already seen, was "
        "estimated by Good–Turing (Good, 1953)",
        "Components were called trusted if they recur in every equally good solution with a "
        "congruence of at least 0.95 (Lorenzo-Seva & ten Berge, 2006)",
        f"Computed with nmfstudy {_versions(study) or 'of unknown version'} ({_software(study)})",
    ]
    if any(row["verdict"] in _CERTIFIED for row in rows.values()):
        common.insert(
            -1,
            "Other factorizations of the best product were sought or excluded by "
            "certificates (Gillis, 2020)",
        )
    return common


def _counting(results):
    """The fits of those searches of which any counts; of all if none does.

    Others are there to be compared with (stopped early on purpose) or cannot converge.
    """
    every, some = [], []
    for result in results:
        for i, fits in enumerate(result.searches):
            of = result.solutions.labels[result.solutions.search == i]
            every.append(fits)
            some += [fits] if (of >= 0).any() else []
    return some or every


def _searches(counting):
    """What was started and how it was fitted, a sentence per solver's settings."""
    solvers = {}
    for fits in counting:
        inits = solvers.setdefault(fits.search.solver_label, (fits.search, {}))[1]
        inits.setdefault(fits.search.init, []).append(fits)
    for search, inits in solvers.values():
        parts = listed(_init(init, fits) for init, fits in inits.items())
        solver = SOLVERS[search.solver].label if search.solver in SOLVERS else search.solver
        ends = f"until the KKT residual was at most {number(search.tol)}"
        if search.stop != "kkt":
            ends = f"by scikit-learn’s stopping rule (tol {number(search.tol)})"
        options = {k: v for k, v in search.options.items() if k not in ("W", "H")}
        told_options = ", ".join(_OPTIONS.get(k, f"{k} {{}}").format(v) for k, v in options.items())
        extra = f" ({told_options})" if options else ""
        yield (
            f"Fits began at {parts} and went on by {solver}{extra} {ends}, for at most "
            f"{search.max_iter:,} sweeps"
        )


def _init(init, parts):
    """``random factors (100 starts per problem, seeds 0 to 99)``."""
    sizes = sorted({len(fits) for fits in parts})
    words = INITS[init].label if init in INITS else init
    if init in INITS and INITS[init].reference:
        words += f" ({INITS[init].reference.key})"
    if parts[0].search.deterministic:
        return f"{words} (one start per problem)"
    n_starts = str(sizes[0]) if len(sizes) == 1 else f"{sizes[0]} to {sizes[-1]}"
    low, high = min(f.seed.min() for f in parts), max(f.seed.max() for f in parts)
    return f"{words} ({n_starts} starts per problem, seeds {low} to {high})"


def _penalties(results):
    parts = [r.problem.penalty for r in results if not r.problem.penalty.is_zero]
    if not parts:
        return ""
    names = list(dict.fromkeys(p.words for p in parts))
    without = "none, or " if len(parts) < len(results) else ""
    strengths = len(set(parts))
    if strengths == 1:
        p = parts[0]
        return (
            f" with {without}the penalty {names[0]} (α_W = {number(p.alpha_W)}, α_H = "
            f"{number(p.alpha_H)}, scaled as in scikit-learn)"
        )
    return f" with {without}{strengths} penalties ({listed(names)}; see tables/problems.csv)"


def _found(result, row):
    parts, verdict = [kind_cell(result).text], result.verdicts.get(0)
    if row["kind"] in ("one", "several") and row["best_share"] == row["best_share"]:
        parts.append(f"the best one reached by {percent(row['best_share'])} of the random starts")
    if coverage_text(result) != ABSENT:
        parts.append(f"coverage {coverage_text(result)}")
    if row["verdict"] in _CERTIFIED:
        parts.append(f"certificate of the best product: {certificate_cell(verdict).text}")
    title = result.title.partition(", ")[2]
    return f"{title}: {', '.join(parts)}"


def _versions(study):
    return listed(_made(study, lambda p: p.get("package")))


def _software(study):
    parts = [f"Python {v}" for v in _made(study, lambda p: p.get("python"))[:3]]
    for name in ("numpy", "scipy", "scikit-learn", "numba"):
        found = _made(study, lambda p, name=name: (p.get("libraries") or {}).get(name))
        if found:
            parts.append(f"{name} {listed(found[:3])}")
    return ", ".join(parts) or "versions not recorded"


def _made(study, get):
    values = (get(info.get("provenance") or {}) for info in study.infos)
    return list(dict.fromkeys(str(v) for v in values if v not in (None, "")))
