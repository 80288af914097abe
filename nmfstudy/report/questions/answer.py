"""The answer to one question."""

from dataclasses import dataclass, field

import pandas as pd

from nmfstudy.plots.illustration import Illustration
from nmfstudy.report.page.files import plain_name

NOT_ASKED = "not asked here"


@dataclass(frozen=True, eq=False)
class Answer:
    """What a question module makes of a study.

    Attributes
    ----------
    key : str
        Stable short name, such as ``zeros``.
    question : str
        As people ask it.
    verdict : str
        A few words: ``False in general``, ``Both, or neither``.
    summary : str
        One or two plain sentences with the numbers that carry the verdict.
    method : str
        How it was computed: which starts, which tolerance, which theorem.
    illustrations : tuple of Illustration
    tables : dict of str to DataFrame
        By file name; shown in the report and written as CSV.
    notes : tuple of str
        Paragraphs that explain why.
    asked : str
        What the question means, for someone who has just read an introduction to NMF.
    caveat : str
        What the answer does not say.
    short : str
        The question in a few words.
    openly : int
        How many illustrations stand beside the answer; the others are there for a closer look.
    facts : tuple of (str, str)
        What the study shows, one thing each: of which problem or of what, and a sentence.
    banner : Illustration, optional
        A picture of the whole matter, on top of the first screen.
    leads : bool
        Whether the study was made for this question, so that it stands before the problems.
    """

    key: str
    question: str
    verdict: str
    summary: str
    method: str
    illustrations: tuple[Illustration, ...] = ()
    tables: dict[str, pd.DataFrame] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    asked: str = ""
    caveat: str = ""
    short: str = ""
    openly: int = 1
    facts: tuple[tuple[str, str], ...] = ()
    banner: Illustration | None = None
    leads: bool = False

    @property
    def target(self):
        """Of the answer's section; a question that the study has nothing on has none."""
        return "" if self.verdict == NOT_ASKED else plain_name(f"answer-{self.key}")
