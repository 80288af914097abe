"""What the certificates say of a problem, beside what its fits say."""

from nmfstudy.plots.certified import illustrate_ambiguity, illustrate_zero_patterns
from nmfstudy.report.page.numbers import count, number
from nmfstudy.report.page.page import Cell, Facts, Paragraph, Table
from nmfstudy.report.phrases import KINDS, certificate_cell
from nmfstudy.report.questions.lookup import starts_text
from nmfstudy.report.words_on_certificates import (
    fit_sentences,
    no_verdict_clause,
    unknown_sentence,
)
from nmfstudy.study.verdicts import same_product
from nmfstudy.util.display import listed

_EACH_UNIQUE = (
    "Each of these solutions is the only factorization of its own product, and the products "
    "differ: the choice lies between products that fit the data equally well, not between "
    "factors of one product."
)


def certificate_blocks(result, row, files):
    """Empirical count and certificate side by side, then each certificate's outcome."""
    blocks = [_beside(result, row), *map(Paragraph, fit_sentences(result)), *_pairs(result)]
    for make in (illustrate_ambiguity, illustrate_zero_patterns):
        blocks += files.figures(make, result)
    sentence = _by_text((m, v.explanation) for m, v in result.verdicts.items())
    blocks += [Paragraph(f"{_minima(minima)}: {text}") for text, minima in sentence.items()]
    if 0 in result.verdicts:
        blocks += _ladder(result.verdicts[0])
    unknown = unknown_sentence(result.dataset.X)
    if result.verdicts and unknown:
        blocks.append(Paragraph(unknown, "note"))
    for reason, minima in _by_text(result.verdicts.reasons.items()).items():
        what = _minima(minima).lower() if minima[0] >= 0 else "this problem"
        text = f"No certificate for {what}: {no_verdict_clause(reason)}."
        blocks.append(Paragraph(text, "note"))
    return tuple(blocks)


def _by_text(pairs):
    """The minima that the same is to be said of, by what is said."""
    found = {}
    for minimum, text in pairs:
        found.setdefault(text, []).append(minimum)
    return found


def _minima(minima):
    """``Minimum 3``, ``Minima 1, 2 and 5``, ``Minima 4 to 48``: people count from 1."""
    minima = [m + 1 for m in minima]
    if len(minima) == 1:
        return f"Minimum {minima[0]}"
    if len(minima) > 2 and minima == list(range(minima[0], minima[-1] + 1)):
        return f"Minima {minima[0]} to {minima[-1]}"
    return f"Minima {listed(map(str, minima))}"


def _pairs(result):
    """How proofs of single products go together with several solutions."""
    found = same_product(result)
    if not found:
        statuses = [verdict.status for verdict in result.verdicts.values()]
        if len(statuses) > 1 and set(statuses) == {"unique"}:
            return [Paragraph(_EACH_UNIQUE)]
        return []
    a, b, apart, gap = max(found, key=lambda pair: pair[2])
    more = f" The same holds for {count(len(found) - 1, 'more pair')}." if len(found) > 1 else ""
    return [
        Paragraph(
            f"Minima {a + 1} and {b + 1} have the same product (to {number(gap, 2)} of the data's "
            f"size) and are {number(apart)} apart: two factorizations of one matrix.{more}"
        )
    ]


def _beside(result, row):
    best = result.verdicts.get(0)
    # Fits that come back to the same places look like a continuum until a certificate speaks.
    fits = result.solutions
    if fits.recurs and fits.kind == "continuum":
        fits = result.assessed
    several = fits.kind == "several"
    kind = count(fits.n_distinct, "solution") if several else KINDS[fits.kind][0]
    found = f"{kind} from {starts_text(result)}"
    if row["n_best"] > 1:
        found += f"; {number(row['n_best'])} different ones have the lowest objective"
    pairs = [("Found by fitting", found)]
    proved = certificate_cell(best).text
    if best is not None:
        if best.n_solutions is not None:
            proved += f"; factorizations of the best product: {number(best.n_solutions)}"
        k = result.problem.n_components
        proved += f"; columns of W proved unique: {len(best.identifiable_W)} of {k}"
        proved += f"; rows of H proved unique: {len(best.identifiable_H)} of {k}"
    pairs.append(("Proved for the best product W H", proved))
    return Facts(tuple(pairs))


def _ladder(verdict):
    rows = tuple(
        (Cell(c.name.replace("_", " ")), Cell(c.outcome, _TONES.get(c.outcome, "")), Cell(c.reason))
        for c in verdict.certificates
    )
    headers = ("certificate", "outcome", "in words")
    low, high = verdict.threshold_interval
    scope = (
        f"They are about {verdict.scope}. Entries up to {number(verdict.zero_threshold, 1)} of "
        f"their component's largest, rows and columns brought to one size, count as zeros; the "
        f"verdict is the same from {number(low, 1)} to {number(high, 1)}. "
        f"Arithmetic: {verdict.arithmetic}."
    )
    table = Table("Certificates tried on the best solution", headers, rows, (False,) * 3)
    return [table, Paragraph(scope, "note")]


_TONES = {"proves": "good", "refutes": "caution", "skipped": "quiet", "inconclusive": "quiet"}
