"""What the report says of trust in components: starts, data and other factors together."""

from nmfstudy.report.page.numbers import count, percent
from nmfstudy.report.page.page import Cell, Table
from nmfstudy.util.display import listed

_DRAWN = {
    "halves": "random halves of the samples",
    "bootstrap": "samples drawn again with replacement",
    "poisson": "counts drawn again",
    "leave_group_out": "data without one of the groups",
}
_CAUSES = {
    "start": "other starts give others",
    "data": "they do not come back in {drawn}",
    "factors": "other factors give the same product",
}
_WORDS = {"same": "good", "similar": "caution", "differs": "caution", "open": "quiet"}
_INSTEAD = {
    "split": "split in two",
    "merged": "merged with another",
    "swapped": "something else",
    "": "–",
}
_HEADERS = (
    "component", "verdict", "other start", "other data", "other factors of the same product",
    "share of starts", "found again", "95 % interval", "instead", "chance to be real",
)  # fmt: skip


def trusted_sentence(result):
    """Which components of a problem's best solution can be trusted, and against what."""
    stability = result.stability
    if stability is None:
        return result.trust.sentence
    table, drawn = stability.components, _DRAWN[stability.resample]
    trusted = table.component[table.verdict == "trust"]
    if len(trusted) == len(table):
        text = "Trust the only component" if len(table) == 1 else f"Trust all {len(table)}"
    else:
        text = f"Trust {_called(trusted)}" if len(trusted) else "Trust no component"
    text += f", against other starts and {drawn} ({count(stability.n_resamples, 'drawing')})"
    for verdict, some in table[table.verdict != "trust"].groupby("verdict", sort=False):
        causes = listed(_CAUSES[cause].format(drawn=drawn) for cause in verdict.split("+"))
        text += f". Not {_called(some.component)}: {causes}"
    for c in table[table.lost_without != ""].itertuples():
        text += f". Component {c.component + 1} is lost without {c.lost_without}"
    for c in table[table.energy_in_two_samples > 0.9].itertuples():
        text += (
            f". Component {c.component + 1} lives in one or two samples "
            f"({percent(c.energy_in_two_samples)} of its squares)"
        )
    if (table.other_factors == "open").all() and len(trusted):
        text += ". Whether other factors give the same product is open"
    return text + "."


def n_trusted(result):
    """How many components can be trusted, and of how many."""
    if result.stability is None:
        return int(result.trust.trusted.sum()), len(result.trust.components)
    return int((result.stability.components.verdict == "trust").sum()), len(
        result.stability.components
    )


def stability_blocks(result, files):
    """The table of the three causes; nothing where the data were not drawn again."""
    stability = result.stability
    if stability is None:
        return ()
    rows = tuple(
        (
            Cell(str(c.component + 1), value=c.component),
            Cell(*(("trust", "good") if c.verdict == "trust" else ("do not trust", "caution"))),
            *(Cell(w, _WORDS[w]) for w in (c.other_start, c.other_data, c.other_factors)),
            Cell(percent(c.start_share), value=c.start_share),
            Cell(percent(c.found_again), value=c.found_again),
            Cell(f"{percent(c.found_low)} to {percent(c.found_high)}"),
            Cell(_INSTEAD[c.replaced_by]),
            Cell(percent(c.probability, 0)),
        )
        for c in stability.components.itertuples()
    )
    name = f"stability-{result.key}"
    files.file(f"ranges-{result.key}", stability.entries)
    title = f"Components against {_DRAWN[stability.resample]}"
    numeric = (False,) * 5 + (True,) * 5
    return (Table(title, _HEADERS, rows, numeric, files.file(name, stability.components)),)


def _called(components):
    """``component 2``, ``components 1 and 3``; people count from 1."""
    names = listed(str(r + 1) for r in components)
    return f"component{'s' * (len(components) > 1)} {names}"
