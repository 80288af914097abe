"""A figure of one problem: what is drawn and the numbers in it."""

import io
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass
from html import escape

import pandas as pd

from nmfstudy.plots import style

PAGE_WIDTH = 9.0  # inches; a narrower figure takes its share of the page's width
_DPI = 80  # of a picture in a notebook


@dataclass(frozen=True, eq=False, repr=False)
class Illustration:
    """One figure with its numbers; in a notebook it shows itself.

    Attributes
    ----------
    name : str
        File name without suffix, unique in the report.
    draw : callable
        ``draw(figure) -> None`` puts Axes into an empty matplotlib Figure; it sets no global
        state and saves nothing.
    data : DataFrame
        Every number drawn, for the CSV beside the picture.
    size : (float, float)
        Width and height in inches; the page is `PAGE_WIDTH` wide.
    caption : str
        One or two plain sentences that say what is seen and what follows: the report's, empty
        until it writes them.
    n_shown : int or None
        How many are drawn of what is more, such as minima; None if all are.
    """

    name: str
    draw: Callable
    data: pd.DataFrame
    size: tuple[float, float] = (PAGE_WIDTH, 3.6)
    caption: str = ""
    n_shown: int | None = None

    def __repr__(self):
        return f"Illustration {self.name}: {self.caption}".removesuffix(": ")

    def figure(self):
        """The figure, drawn.

        Returns
        -------
        matplotlib.figure.Figure
            Outside any global state; ``figure.savefig`` writes it.
        """
        from matplotlib.figure import Figure

        with style.own_settings():
            figure = Figure(figsize=self.size, layout="constrained")
            self.draw(figure)
        return figure

    def png(self, dpi=_DPI):
        """The picture on white, as the bytes of a PNG file."""
        figure, picture = self.figure(), io.BytesIO()
        figure.patch.set(facecolor="white", alpha=1.0)
        with style.own_settings():
            figure.savefig(picture, format="png", dpi=dpi, metadata={"Software": None})
        return picture.getvalue()

    def _repr_html_(self):
        data = b64encode(self.png()).decode()
        label = escape(self.caption or self.name)
        return (
            f'<figure><img alt="{label}" src="data:image/png;base64,{data}">'
            f"<figcaption>{label}</figcaption></figure>"
        )
