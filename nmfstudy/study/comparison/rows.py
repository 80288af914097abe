"""Which problems of several studies stand in one row, and which studies cannot be compared."""

from dataclasses import dataclass

from nmfstudy.study import ProblemResult
from nmfstudy.util.errors import RequestError

SAME, PENALTY, OTHER_DATA = "same", "penalty", "data"


@dataclass(frozen=True, eq=False)
class Row:
    """One problem of the first study beside its counterparts.

    Attributes
    ----------
    results : tuple of ProblemResult or None
        One per study, in the order of the studies; None where a study lacks it. The first one
        is never None.
    relations : tuple of str
        How each goes with the first: `SAME` problem; the same data and number of components
        under another `PENALTY`; `OTHER_DATA` of the same name and number of features, or of any
        name whose features have the same names, as two bootstraps of one file.
    """

    results: tuple[ProblemResult | None, ...]
    relations: tuple[str, ...]

    @property
    def title(self):
        """That of the first, with the others' where they differ."""
        titles = [r.title for r in self.results if r is not None]
        others = [title.removeprefix(f"{titles[0]}, ") for title in titles[1:]]
        return " / ".join(dict.fromkeys([titles[0], *others]))


def match_rows(studies):
    """Rows of problems, and what of each study is in none.

    A problem goes with the same problem of another study, its data perhaps named otherwise. Left
    over ones go with one of the same data, number of components and loss under another penalty, or
    with the same problem on other data, of the same name or with features of the same names, as
    long as there is only one to choose.

    Parameters
    ----------
    studies : sequence of Study
        At least two.

    Returns
    -------
    rows : list of Row
    alone : list of tuples of ProblemResult
        One tuple per study.

    Raises
    ------
    RequestError
        If a study has nothing in common with the first; the sentence says why.
    """
    first, *others = studies
    columns = [_counterparts(first, other) for other in others]
    for other, column in zip(others, columns, strict=True):
        if not column:
            raise RequestError(_nothing_in_common(first, other))
    rows = []
    for result in first:
        found = [column.get(result.key, []) for column in columns]
        for i in range(max(map(len, found), default=0)):
            pairs = [f[i] if i < len(f) else (None, "") for f in found]
            results, relations = zip((result, SAME), *pairs, strict=True)
            rows.append(Row(results, relations))
    used = [{id(row.results[i]) for row in rows} for i in range(len(studies))]
    alone = [
        tuple(r for r in study if id(r) not in seen)
        for study, seen in zip(studies, used, strict=True)
    ]
    return rows, alone


def _counterparts(first, other):
    """By key of a problem of the first study, the (problem, relation) that go with it."""
    mine, theirs = {r.key: r for r in first}, {r.key: r for r in other}
    found = {key: [(theirs[key], SAME)] for key in mine if key in theirs}
    mine = {key: result for key, result in mine.items() if key not in found}
    left = [result for key, result in theirs.items() if key not in found]
    steps = (
        (SAME, _but_name), (PENALTY, _but_penalty), (OTHER_DATA, _but_data), (OTHER_DATA, _but_file)
    )  # fmt: skip
    for relation, of in steps:
        taken = []
        for candidate in left:
            alike = [r for r in mine.values() if of(r) == of(candidate)]
            if len(alike) == 1:
                found.setdefault(alike[0].key, []).append((candidate, relation))
                taken.append(candidate)
        left = [result for result in left if result not in taken]
        if relation == SAME:
            mine = {key: result for key, result in mine.items() if key not in found}
    return found


def _but_name(result):
    return result.dataset.sha256, result.problem


def _but_penalty(result):
    return result.dataset.sha256, result.problem.n_components, result.problem.loss


def _but_data(result):
    name = result.dataset.name.split("(")[0]
    return name, result.problem, result.dataset.X.shape[1], result.dataset.column_names


def _but_file(result):
    """Features of the same names make data comparable whatever the file is called."""
    return result.problem, result.dataset.column_names or result.dataset.name


def _nothing_in_common(a, b):
    """One sentence on why two studies cannot be compared."""
    mine, theirs = ({r.dataset.sha256: r for r in study} for study in (a, b))
    both = [mine[sha] for sha in mine if sha in theirs]
    if both:
        name = both[0].dataset.name
        ks = [sorted({r.problem.n_components for r in study}) for study in (a, b)]
        what = f"both are of {name}, but with k = {_list(ks[0])} and k = {_list(ks[1])}"
        if set(ks[0]) & set(ks[1]):
            what = f"both are of {name}, but with several penalties or losses each"
    else:
        names = [sorted({r.dataset.name for r in study}) for study in (a, b)]
        shared = set(names[0]) & set(names[1])
        what = f"one is of {_list(names[0])}, the other of {_list(names[1])}"
        if shared:
            name = sorted(shared)[0]
            shapes = [
                next(f"{r.dataset.X.shape[0]}×{r.dataset.X.shape[1]}" for r in s
                     if r.dataset.name == name) for s in (a, b)
            ]  # fmt: skip
            what = f"{name} is {shapes[0]} in one and {shapes[1]} in the other"
            if shapes[0] == shapes[1]:
                what = f"{name} has other names of features in one than in the other"
    return (
        f"{a.name} and {b.name} have no problem in common: {what}; possible: studies with the "
        "same data, or features of the same names, k and loss"
    )


def _list(values, most=4):
    texts = [str(v) for v in values]
    return ", ".join(texts[:most]) + (", …" if len(texts) > most else "")
