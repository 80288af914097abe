"""Does what was published come out here?"""

from nmfstudy.report.page.numbers import number, percent
from nmfstudy.report.questions.answer import Answer
from nmfstudy.study.published import alike_table, published_table
from nmfstudy.util.display import count

QUESTION = "Do published numbers come out here?"
ASKED = (
    "Papers and programs report the objective that NMF reaches on data that everybody can have, "
    "and how stable it is there. Do the same numbers come out if every start is driven to full "
    "convergence, and if not, what do they hang on?"
)
CAVEAT = (
    "Only numbers whose definition is given are compared. A program of the time may differ in more "
    "than its rule of stopping."
)
_METHOD = (
    "Reproduced: the best objective agrees within the rounding of the number published, or a "
    "number published lies in the 95 % interval, from 200 samples of the starts with replacement. "
    "Depends on the start: another, worse minimum has the objective published. Depends on "
    "convergence: no minimum has it, but it lies between the optimum and what starts give that "
    "are stopped early, by multiplicative updates until they hardly improve any more. Two starts "
    "have a component in common if the cosine of its rows of H is at least .95, as in studies that "
    "report how often algorithms find the same components; pairs of starts are taken once each."
)
_WORDS = {
    "reproduced": "reproduced",
    "start": "depends on the start",
    "convergence": "depends on convergence",
    "different": "not reproduced",
}
_LOSSES = {"frobenius": "Frobenius", "kullback-leibler": "Kullback–Leibler"}
_QUANTITIES = {"objective": "objective", "cophenetic": "cophenetic correlation"}


def answer(study):
    """The answer; None if nothing was published on the study's data.

    Parameters
    ----------
    study : Study
    """
    table = published_table(study.results)
    if table.empty:
        return None
    alike = alike_table(study.results)
    return Answer(
        key="published",
        leads=True,
        question=QUESTION,
        verdict=_verdict(table),
        summary=" ".join(_parts(table)),
        method=_METHOD,
        facts=(
            *((_title(row), _fact(row)) for row in table.itertuples()),
            *((f"{row.title}: two starts", _alike(row)) for row in alike.itertuples()),
        ),
        tables={"published": table.replace({"outcome": _WORDS}), "alike": alike},
        asked=ASKED,
        caveat=CAVEAT,
        short="Published numbers",
    )


def _verdict(table):
    n = int((table.outcome == "reproduced").sum())
    if n == len(table):
        return "Yes"
    return f"{n} of {len(table)}; the others hang on something" if n else "No"


def _parts(table):
    yield f"Of {count(len(table), 'published number')}"
    counts = table.outcome.value_counts()
    found = [f"{counts[code]} {words}" for code, words in _WORDS.items() if code in counts]
    yield ", ".join(found) + "."


def _title(row):
    return (
        f"{row.dataset}, k = {row.n_components}, {_LOSSES[row.loss]}: {_QUANTITIES[row.quantity]}"
    )


def _fact(row):
    """What was published, what is found, and what the difference hangs on."""
    digits = 9 if row.quantity == "objective" else 4
    published, found = (number(value, digits) for value in (row.published, row.found))
    text = f"published {published} ({row.source}), here {found}"
    if row.quantity != "objective":
        text += f" ({number(row.low)} to {number(row.high)})"
    if row.early_low == row.early_low:
        ends = (number(value, digits) for value in (row.early_low, row.early_high))
        text += "; of starts stopped early {} to {}".format(*ends)
    return f"{text}: {_WORDS[row.outcome]}."


def _alike(row):
    """Single components against all components of a start."""
    return (
        f"{percent(row.components_alike)} ({percent(row.components_low)} to "
        f"{percent(row.components_high)}) of the components are alike, and in "
        f"{percent(row.starts_alike)} ({percent(row.starts_low)} to {percent(row.starts_high)}) of "
        f"{count(row.n_pairs, 'pair')} of starts all {row.n_components} are."
    )
