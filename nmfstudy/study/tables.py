"""Rows of a study's tables. pandas begins here."""

import numpy as np
import pandas as pd

from nmfstudy.store import RUN_COLUMNS

SOLUTIONS = (
    "problem minimum near_optimal best n_starts objective likelihood_ratio relative_error zeros_W "
    "zeros_H nearest verdict local_dimension seed"
).split()
SHARES = "problem minimum init solver n_starts share share_low share_high".split()
PROBLEMS = (
    "problem dataset n_components loss alpha_W alpha_H l1_ratio n_starts n_converged n_saddle "
    "n_near_optimal n_best n_distinct n_minima penalty gate objective_rtol distance_tol "
    "plateau_low plateau_high kind coverage chao1 starts_for_99 best_share verdict reason "
    "proved gap bound n_terms"
).split()


def start_rows(result):
    """Rows of the study's ``starts.csv`` of one problem."""
    problem, penalty, solutions = result.problem, result.problem.penalty, result.solutions
    frames = []
    for fits, run in zip(result.searches, result.run_of, strict=True):
        frames.append(
            pd.DataFrame(
                {
                    "run": run,
                    "problem": result.key,
                    "dataset": result.dataset.name,
                    "n_components": problem.n_components,
                    "loss": problem.loss,
                    "alpha_W": penalty.alpha_W,
                    "alpha_H": penalty.alpha_H,
                    "l1_ratio": penalty.l1_ratio,
                    "init": fits.search.init,
                    "solver": fits.search.solver_label,
                    "penalty": penalty.name,
                    **{n: getattr(fits, n) for n in _FIT_COLUMNS},
                }
            )[RUN_COLUMNS]
        )
    frame = pd.concat(frames, ignore_index=True)
    labels = solutions.labels
    near = np.append(solutions.near_optimal, False)
    best = np.append(solutions.best, False)
    return frame.assign(
        n_merged=solutions.n_merged, near_optimal=near[labels], best=best[labels], minimum=labels
    )


_FIT_COLUMNS = (
    "seed objective relative_error kkt_residual step min_curvature n_iter converged stop_reason "
    "seconds zeros_W zeros_H n_dead"
).split()


def solution_rows(result):
    """Rows of ``solutions.csv`` of one problem."""
    solutions = result.solutions
    ratios = solutions.likelihood_ratio
    for m, fit in enumerate(solutions.representatives):
        verdict = result.verdicts.get(m)
        yield {
            "problem": result.key,
            "minimum": m,
            "near_optimal": bool(solutions.near_optimal[m]),
            "best": bool(solutions.best[m]),
            "n_starts": int(solutions.counts[m]),
            "objective": solutions.objective[m],
            "likelihood_ratio": ratios[m],
            "relative_error": fit.relative_error,
            "zeros_W": float((fit.W == 0).mean()),
            "zeros_H": float((fit.H == 0).mean()),
            "nearest": solutions.nearest[m],
            "verdict": verdict.status if verdict else "",
            "local_dimension": verdict.local_dimension if verdict else None,
            "seed": fit.seed,
        }


def problem_row(result):
    """The row of ``problems.csv`` of one problem."""
    solutions, penalty = result.solutions, result.problem.penalty
    low, high = solutions.plateau or (None, None)
    best = result.verdicts.optimality
    return {
        "problem": result.key,
        "dataset": result.dataset.name,
        "n_components": result.problem.n_components,
        "loss": result.problem.loss,
        "alpha_W": penalty.alpha_W,
        "alpha_H": penalty.alpha_H,
        "l1_ratio": penalty.l1_ratio,
        "n_starts": result.n_starts,
        "n_converged": solutions.n_converged,
        "n_saddle": solutions.n_saddle,
        "n_near_optimal": int(solutions.counts[solutions.near_optimal].sum()),
        "n_best": solutions.n_best,
        "n_distinct": solutions.n_distinct,
        "n_minima": solutions.n_minima,
        "penalty": penalty.name,
        "gate": solutions.gate.by,
        "objective_rtol": solutions.gate.objective_rtol,
        "distance_tol": result.analysis.distance_tol,
        "plateau_low": low,
        "plateau_high": high,
        "kind": result.assessed.kind,
        "coverage": solutions.coverage,
        "chao1": solutions.chao1,
        "starts_for_99": solutions.starts_for_99,
        "best_share": solutions.best_share[0] if solutions.best_share is not None else None,
        "verdict": result.verdicts[0].status if 0 in result.verdicts else "",
        "reason": result.assessed.reason,
        "proved": result.verdicts.proved,
        "gap": None if best is None else best.gap,
        "bound": "" if best is None else best.method,
        "n_terms": None if best is None else best.n_terms,
    }
