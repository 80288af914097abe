"""What makes a minimum as good as the best, in words."""

from nmfstudy.solutions.gate import EVIDENCE, NEAR_RTOL
from nmfstudy.util.display import number, small_percent


def gate_words(objective_rtol):
    """What makes a minimum as good as the best, to follow "as good as the best means"."""
    if objective_rtol is not None:
        return f"an objective within {small_percent(objective_rtol)} of it"
    return (
        "that the data do not tell the two apart: a likelihood ratio (n·d·log(L/L₀) for least "
        f"squares, 2(L − L₀) for counts) of at most {number(EVIDENCE)}; of exact fits, under "
        f"penalties and for other losses, an objective within {small_percent(NEAR_RTOL)}"
    )
