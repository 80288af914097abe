"""A figure of the report: what is drawn, what it says, and the numbers in it."""

from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd


@dataclass(frozen=True, eq=False)
class Illustration:
    """One figure with its caption and its numbers.

    Attributes
    ----------
    name : str
        File name without suffix, unique in the report.
    caption : str
        One or two plain sentences that say what is seen and what follows.
    draw : callable
        ``draw(figure) -> None`` puts Axes into an empty matplotlib Figure; it sets no global
        state and saves nothing.
    data : DataFrame
        Every number drawn, for the CSV beside the picture.
    size : (float, float)
        Width and height in inches; page width is 9.
    """

    name: str
    caption: str
    draw: Callable
    data: pd.DataFrame
    size: tuple[float, float] = (9.0, 3.6)
