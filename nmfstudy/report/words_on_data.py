"""What the report says of a matrix itself."""

from nmfstudy.assess.data_checks import data_checks
from nmfstudy.util.display import count, number, percent


def data_line(dataset, loss="frobenius"):
    """Size of a matrix and what is worth knowing of it, in one line.

    Parameters
    ----------
    dataset : Dataset
    loss : str
        It is fitted with.
    """
    n, d = dataset.X.shape
    parts = [f"{n:,} samples × {d:,} features", *remarks(dataset, loss)]
    return " ".join(["; ".join(parts) + ".", *dataset.notes])


def remarks(dataset, loss="frobenius"):
    """What is worth knowing of a matrix, a clause each; parameters as of `data_line`."""
    return [_CLAUSES[code](numbers, dataset, loss) for code, numbers in data_checks(dataset.X)]


def _concentrated(numbers, dataset, loss):
    what, at = numbers["what"], numbers["at"]
    names = dataset.row_names if what == "row" else dataset.column_names
    name = f"“{names[at]}”" if names else str(at + 1)
    scaling = ", so it decides the fit: bring columns to one scale" if what == "column" else ""
    return f"{what} {name} has {percent(numbers['share'])} of ‖X‖²{scaling}"


def _lines(ending):
    def clause(numbers, dataset, loss):
        return f"{count(numbers['n'], numbers['what'])} {ending}"

    return clause


def _counts(numbers, dataset, loss):
    text = f"whole numbers up to {numbers['largest']:,}"
    return text + ": if they count things, use loss=kullback-leibler" * (loss == "frobenius")


_CLAUSES = {
    "concentrated": _concentrated,
    "constant": _lines("of one value"),
    "proportional": _lines("proportional to another"),
    "zeros": lambda n, *_: f"{percent(n['share'])} of the entries are zero",
    "counts": _counts,
    "range": lambda n, *_: f"entries from {number(n['smallest'])} to {number(n['largest'])}",
    "rank": lambda n, *_: f"rank {n['rank']}, so no exact fit with fewer components",
}
