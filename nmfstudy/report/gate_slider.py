"""What a reader can move on the first screen: how much worse than the best still counts."""

from nmfstudy.report.page.page import Widget


def gate_slider(results, shown, figure):
    """Counts of every k, and of the components that are shown which can be trusted, by the gate.

    Parameters
    ----------
    results : sequence of ProblemResult
        Of one matrix, a problem for every k.
    shown : ProblemResult
        Whose components are drawn.
    figure : str
        Name of that figure.

    Returns
    -------
    Widget or None
        None where no gate from 10⁻⁶ to 10 % would change a count.
    """
    moving = [r for r in results if r.robustness is not None and len(r.robustness.table) > 1]
    if not moving or shown.robustness is None:
        return None
    lines = [
        {
            "label": f"k = {result.problem.n_components}",
            "figure": figure if result is shown else "",
            "of": result.problem.n_components,
            "rows": _rows(result),
        }
        for result in moving
    ]
    data = {"gate": shown.robustness.gate, "lines": lines, "note": ""}
    return Widget("gate", f"gate-{figure}", "How much worse still counts", data)


def _rows(result):
    """From which gate on, how many solutions there are (None: infinitely many) and who is trusted.

    Components count from 1.
    """
    table, others = result.robustness.table, _rejected_otherwise(result)
    endless = result.assessed.kind == "continuum"
    return [
        [rtol, None if endless else int(n), [r + 1 for r in trusted if r not in others]]
        for rtol, n, trusted in zip(
            table.objective_rtol, table.n_distinct, table.trusted, strict=True
        )
    ]


def _rejected_otherwise(result):
    """Components against which something else speaks than other solutions."""
    if result.stability is None:
        return set()
    verdicts = result.stability.components.verdict
    return {r for r, word in enumerate(verdicts) if set(word.split("+")) - {"trust", "start"}}
