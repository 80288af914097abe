"""Which components of the best solution come back in the others."""

from nmfstudy.plots.product import illustrate_product
from nmfstudy.report.factors import factor_blocks
from nmfstudy.report.page.numbers import cell, number, percent
from nmfstudy.report.page.page import Cell, Paragraph, Table
from nmfstudy.report.words_on_trust import (
    robustness_sentence,
    stability_blocks,
    trust_sentence,
    trusted_sentence,
)

_HEADERS = (
    "component",
    "verdict",
    "comes back in equally good solutions",
    "lowest congruence there",
    "comes back in worse minima",
    "lowest congruence there",
)


def trust_blocks(result, files):
    """Components with their trust: a sentence, the product as a figure, and a table."""
    trust = result.trust
    if not trust.components:
        return (Paragraph(trust_sentence(trust, result.assessed)),)
    rows = tuple(
        (
            Cell(str(c.component + 1), value=c.component),
            _word(c),
            Cell(_share(c.near_equal, c.n_near)),
            cell("congruence", c.near_lowest),
            Cell(_share(c.minima_equal, c.n_minima)),
            cell("congruence", c.minima_lowest),
        )
        for c in trust.components
    )
    table = Table("Components of the best solution", _HEADERS, rows, (False, False) + (True,) * 4)
    figures = files.figures(illustrate_product, result)
    drawn_again = stability_blocks(result, files)
    sentence = Paragraph(trusted_sentence(result))
    robust = robustness_sentence(result.robustness)
    if robust and not result.robustness.fragile:
        drawn_again = (Paragraph(robust), *drawn_again)
    return (sentence, *drawn_again, *factor_blocks(result, files), *figures, table)


def _word(c):
    if c.n_near == 0:
        return Cell("nothing to compare with", "quiet")
    if c.trusted:
        return Cell("trust", "good")
    return Cell("similar", "caution") if c.similar else Cell("do not trust", "caution")


def _share(value, n):
    return f"{percent(value)} of {number(n)}" if n else "–"
