"""What the report says of trust in components: starts, data and other factors together."""

import numpy as np

from nmfstudy.assess.robustness import GATES
from nmfstudy.assess.stability import CONCENTRATED
from nmfstudy.report.page.numbers import count, percent, small_percent
from nmfstudy.report.page.page import Cell, Table
from nmfstudy.report.words_on_kind import kind_clause
from nmfstudy.util.display import listed

_DRAWN = {
    "halves": "random halves of the samples",
    "bootstrap": "samples drawn again with replacement",
    "poisson": "counts drawn again",
    "leave_group_out": "data without one of the groups",
}
_CAUSES = {
    "start": "changes with the start",
    "data": "not found again in {drawn}",
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
    fragile = ""
    if result.robustness is not None and result.robustness.fragile:
        fragile = f" {robustness_sentence(result.robustness)}"
    if stability is None:
        return trust_sentence(result.trust, result.assessed) + fragile
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
    for c in table[table.energy_in_two_samples > CONCENTRATED].itertuples():
        text += (
            f". Component {c.component + 1} lives in one or two samples "
            f"({percent(c.energy_in_two_samples)} of its squares)"
        )
    if (table.other_factors == "open").all() and len(trusted):
        text += ". Whether other factors give the same product is open"
    return f"{text}.{fragile}"


def short_trust(result):
    """Which components of a problem's best solution are stable, in a clause, and against what."""
    codes = np.array(result.trust_codes)
    parts = [
        f"{_called(at)} {_verb(at, 'is', 'are')} {word}"
        for code, word in (("stable", "stable"), ("fragile", "fragile"), ("not_trusted", "not"))
        if (at := np.flatnonzero(codes == code)).size
    ]
    if (codes == codes[0]).all():
        every = "the only component is" if len(codes) == 1 else f"all {len(codes)} components are"
        none = "the only component is not" if len(codes) == 1 else "no component is"
        words = {"stable": f"{every} stable", "fragile": f"{every} fragile"}
        parts = [words.get(codes[0], f"{none} stable")]
    against = "other starts only"
    if result.stability is not None:
        against = f"other starts and {_DRAWN[result.stability.resample]}"
    return f"{', '.join(parts)} (against {against})"


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


def trust_sentence(trust, solutions):
    """What can be trusted of the best solution, by its starts alone.

    Parameters
    ----------
    trust : nmfstudy.assess.component_trust.Trust
    solutions : Solutions
        Those it was worked out from.
    """
    if trust.code == "dominated":
        return "Trust cannot be judged: a few numbers outweigh all the rest of the data."
    why = kind_clause(solutions.evidence)
    if trust.code == "no_solution":
        return f"Trust no component: {why}."
    dead = np.flatnonzero(solutions.representatives[0].factorization.dead).tolist()
    clause = _trust_clause(trust, dead)
    text = clause[0].upper() + clause[1:]
    if solutions.kind == "unsettled":
        text += f"; but the count is unsettled: {why}"
    return text + "."


def _trust_clause(trust, dead):
    """``trust components 1, 3 and 4; 2 and 5 trade places``."""
    if trust.code == "one_known":
        return "trust cannot be judged: the solutions form a continuum of which only one is known"
    k, traded = len(trust.components), {r for group in trust.groups for r in group}
    trusted = np.flatnonzero(trust.trusted)
    rest = [c for c in trust.components if not c.trusted and c.component not in traded]
    similar = [c.component for c in rest if c.similar]
    varied = [c.component for c in rest if not c.similar and c.component not in dead]
    if len(trusted) == k:
        every = {1: "the only component", 2: "both components"}
        parts = [f"trust {every.get(k, f'all {k} components')}"]
    else:
        parts = [f"trust {_called(trusted)}" if len(trusted) else "trust no component"]
    parts += [f"{_numbers(group)} trade places" for group in trust.groups]
    if similar:
        parts.append(f"{_numbers(similar)} {_verb(similar, 'is', 'are')} similar in all solutions")
    if varied:
        parts.append(f"{_numbers(varied)} {_verb(varied, 'differs', 'differ')} between solutions")
    if dead:
        parts.append(f"{_numbers(dead)} {_verb(dead, 'is', 'are')} zero")
    text, n_near = "; ".join(parts), trust.components[0].n_near
    if n_near == 0:
        return text + " (no other solution was found that fits as well)"
    others = "1 other that fits" if n_near == 1 else f"{n_near} others that fit"
    return f"{text} (compared with {others} as well)"


def robustness_sentence(robustness):
    """From which gate to which the same components are trusted; empty if nothing can change.

    Parameters
    ----------
    robustness : nmfstudy.assess.robustness.Robustness
    """
    table, low, high = robustness.table, robustness.low, robustness.high
    if len(table) == 1:
        return ""
    if not robustness.fragile:
        gates = f"from {small_percent(low)} to {small_percent(high)}"
        return f"Robust: the same components are trusted for every gate {gates}."
    others = []
    if high < GATES[1]:
        row = table[table.objective_rtol >= high].iloc[0]
        others.append(f"if minima {small_percent(high)} worse counted as well, {_called_all(row)}")
    if low > GATES[0]:
        row = table[table.objective_rtol < low].iloc[-1]
        less = small_percent(low)
        others.append(f"if only minima less than {less} worse counted, {_called_all(row)}")
    return f"Fragile: {listed(others, '; ')} would be trusted."


def _called_all(row):
    return _called(row.trusted) if row.n_trusted else "no component"


def persistence_sentence(persistence):
    """What becomes of the components of k when there are more."""
    kept, similar = persistence.persists, persistence.similar
    changed, gone = np.flatnonzero(similar & ~kept), np.flatnonzero(~similar)
    kept = np.flatnonzero(kept)
    parts = [
        f"{_called(kept)} {_verb(kept, 'persists', 'persist')}" if kept.size else "none persists"
    ]
    if changed.size:
        parts.append(f"{_called(changed)} {_verb(changed, 'changes', 'change')} a little")
    if gone.size:
        parts.append(f"{_called(gone)} {_verb(gone, 'breaks', 'break')} up")
    k, more = persistence.n_components, persistence.n_components_more
    return f"From {k} to {more} components: {'; '.join(parts)}."


def _verb(items, one, many):
    return one if len(items) == 1 else many


def _called(components):
    """``component 2``, ``components 1 and 3``."""
    return f"component{'s' * (len(components) > 1)} {_numbers(components)}"


def _numbers(components):
    """``1, 2 and 5``: people count from 1."""
    return listed(str(r + 1) for r in components)
