"""From run folders to problems: which runs are in, and which fits belong together."""

from dataclasses import replace
from itertools import chain

import numpy as np

from nmfstudy.fitting.keeping import keep_solutions
from nmfstudy.model.fits import concatenate
from nmfstudy.model.objective import data_norm, n_entries
from nmfstudy.store import failures, load_data, problem_key
from nmfstudy.store.data import sources_of
from nmfstudy.store.files import reading_safely
from nmfstudy.store.job import Analysis, Job, Resampling
from nmfstudy.study.problem_result import ProblemResult
from nmfstudy.util.errors import RequestError


def of_code(runs, code):
    """Runs of the code version asked for, and those left out with the reason."""
    versions = sorted({run.info["code"] for run in runs})
    if code == "mixed" or (code is None and len(versions) <= 1):
        return runs, []
    if code is None:
        raise RequestError(
            f"the runs are of {len(versions)} code versions ({', '.join(versions)}); possible: "
            "--code VERSION for one of them, or --code mixed"
        )
    kept = [run for run in runs if run.info["code"] == code]
    out = [(run.id, f"made by code version {run.info['code']}") for run in runs if run not in kept]
    return kept, out


def of_data(runs, about, folder):
    """Runs without those on data that have changed since, and these with the reason.

    Data of one name that were read from another file have not changed.
    """
    current, sources = about.get("data", {}), sources_of(folder)

    def is_current(run):
        data = run.info["dataset"]
        now = [str(sha256) for sha256 in current.get(data["name"], [data["sha256"]])]
        if data["sha256"] in now:
            return True
        known = {data["sha256"], *now} <= sources.keys()
        return known and sources[data["sha256"]] not in map(sources.get, now)

    kept = [run for run in runs if is_current(run)]
    out = [
        (run.id, f"fitted to other data called “{run.info['dataset']['name']}”")
        for run in runs
        if not is_current(run)
    ]
    return kept, out


def _told_apart(results):
    """Datasets of one name and different content, with shape and hash in the name."""
    hashes = {}
    for result in results:
        hashes.setdefault(result.dataset.name, set()).add(result.dataset.sha256)
    for result in results:
        data = result.dataset
        if len(hashes[data.name]) > 1:
            n, d = data.X.shape
            named = replace(data, name=f"{data.name} ({n}×{d}, {data.sha256[:6]})")
            result = replace(result, dataset=named)
        yield result


def recorded_analysis(about, runs):
    """The tolerances of the sweep, or of its first run."""
    config = runs[0].info["config"] if runs else {}
    recorded = about.get("analysis") or config.get("analysis") or {}
    try:
        return Analysis(**recorded)
    except (TypeError, RequestError):
        return Analysis()


def recorded_resampling(about):
    """How the sweep wanted its data drawn again; not at all if that cannot be read."""
    try:
        return Resampling(**about.get("resample", {}))
    except (TypeError, RequestError):
        return Resampling()


def failures_of_problems(folder, about):
    """What is recorded of failures, without those that the last sweep did not ask for."""
    asked = {block["run"] for block in about.get("runs", [])} | set(about.get("jobs", []))
    everything = about.get("adaptive") or not asked
    for record in failures.recorded_failures(folder):
        if everything or record["id"] in asked:
            yield record


def group_problems(folder, runs, analysis, skipped):
    """Group runs by problem and search; one fit per seed. Runs left out join what was skipped."""
    groups = {}
    for run in runs:
        of = run.info["problem"], run.info["dataset"]["sha256"]
        search = (run.job.search.init, run.job.search.solver_label)
        groups.setdefault(of, {}).setdefault(search, []).append(run)
    results = []
    for (key, sha256), searches in groups.items():
        first = next(iter(searches.values()))[0]
        try:
            dataset = load_data(folder, sha256)
        except ValueError as error:
            skipped.extend((r.id, str(error)) for s in searches.values() for r in s)
            continue
        ours = [_of_this(dataset, found, skipped) for _, found in sorted(searches.items())]
        pooled = [_pool(found, skipped) for found in ours if found]
        if not any(pooled):
            continue
        fits, run_of = zip(*filter(None, pooled), strict=True)
        results.append(
            ProblemResult(
                key,
                dataset,
                first.job.problem,
                fits,
                run_of,
                tolerances_of(analysis, fits),
                folder,
                made_from=first.info["config"]["dataset"],
            )
        )
    return sorted(_told_apart(results), key=_order)


def _of_this(dataset, runs, skipped):
    """The runs whose shape and norm are those of the data; the others join what was skipped."""
    kept, norm = [], data_norm(dataset.X)
    for run in runs:
        if tuple(_shape(run)) != dataset.X.shape:
            skipped.append((run.id, "its factors are not of the shape of its data"))
        elif abs(run.info["data_norm"] - norm) > 1e-6 * norm:
            skipped.append((run.id, "its norm is not that of its data"))
        elif run.info.get("n_entries", n_entries(dataset.X)) != n_entries(dataset.X):
            skipped.append((run.id, "its known entries are not those of its data"))
        else:
            kept.append(run)
    return kept


def group_fits(dataset, fits, analysis):
    """Problems of fits at hand, keyed as they would be in a study's folder."""
    groups = {}
    for part in fits:
        if part.W.shape[1:2] + part.H.shape[2:] != dataset.X.shape:
            shape = f"{part.W.shape[1]}×{part.H.shape[2]}"
            n, d = dataset.X.shape
            raise RequestError(f"fits are of a {shape} matrix; possible: of X, which is {n}×{d}")
        search = (part.search.init, part.search.solver_label)
        groups.setdefault(part.problem, {}).setdefault(search, []).append(part)
    if not groups:
        raise RequestError("no fits given; possible: at least one Fits, as nmfstudy.fit returns")
    results = []
    for problem, searches in groups.items():
        pooled = [_one_per_seed(parts) for _, parts in sorted(searches.items())]
        job = Job({"name": dataset.name}, problem, pooled[0].search, study_name="study")
        key = problem_key(job, dataset.name, dataset.sha256)
        run_of = tuple(np.full(len(p), "") for p in pooled)
        tolerances = tolerances_of(analysis, pooled)
        results.append(ProblemResult(key, dataset, problem, tuple(pooled), run_of, tolerances))
    return sorted(results, key=_order)


def _one_per_seed(parts):
    fits = concatenate(parts)
    _, first = np.unique(fits.seed, return_index=True)
    return fits[first]


def _shape(run):
    return run.info["dataset"]["shape"]


def _order(result):
    penalty = result.problem.penalty
    return (
        result.dataset.name,
        result.problem.n_components,
        result.problem.loss,
        penalty.name != "none",
        penalty.name,
        penalty.alpha_W,
        penalty.alpha_H,
        result.key,
    )


def tolerances_of(analysis, fits):
    """The study's tolerances; another loss is converged at its own solver tolerance."""
    if fits[0].problem.loss == "frobenius":
        return analysis
    asked = max((f.search.tol for f in fits if f.search.stop == "kkt"), default=analysis.kkt_tol)
    return Analysis(analysis.distance_tol, analysis.objective_rtol, max(asked, analysis.kkt_tol))


def _pool(runs, skipped):
    """Fits of one search with seeds ascending, the first run's fit where two have one seed.

    Runs are read one after the other, and what of their factors is not needed is let go. Those
    that are torn join what was skipped; None if all are.
    """
    of = []

    def readable():
        for run in sorted(runs, key=lambda run: run.id):
            try:
                with reading_safely(run.id):
                    fits = run.fits
            except (ValueError, OSError) as error:
                skipped.append((run.id, str(error)))
                continue
            of.append(np.full(len(fits), run.id))
            yield fits

    parts = readable()
    first = next(parts, None)
    if first is None:
        return None
    fits, of = concatenate(chain([first], parts)), np.concatenate(of)
    if {run.job.record for run in runs} == {"solutions"}:
        fits = keep_solutions([fits])  # at once, in linear time: each run has kept little
    order = np.unique(fits.seed, return_index=True)[1]
    ascending = np.array_equal(order, np.arange(len(fits)))
    return (fits, of) if ascending else (fits[order], of[order])
