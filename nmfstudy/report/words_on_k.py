"""What the report says of the number of components: sentences for the codes of an `Advice`."""

from nmfstudy.assess.choice_of_k import SURELY_ORDERED
from nmfstudy.assess.residual_test import ORDERED
from nmfstudy.report.dominance import REMEDY, dominance_clause
from nmfstudy.util.display import count, listed, number, percent

_KINDS = {
    "one": "one solution",
    "several": "several solutions",
    "continuum": "a continuum of solutions",
    "unsettled": "a count that is not settled",
}
_LOOKS = {
    "order": "what {k} leaves over has {order}",
    "holdout": "{k} predicts hidden entries as well as any",
    "halves": "{k} is the most whose components come back in random halves of the samples",
}


def advice_sentence(advice, title=""):
    """The advice in a sentence."""
    k = advice.n_components
    if advice.code in ("none", "dominated"):
        return "No k can be recommended on these numbers."
    if advice.code == "exact":
        return "One component fits exactly." if k == 1 else f"Take k = {k}, which fits exactly."
    if advice.code == "one":
        return "No structure beyond one component was seen."
    if advice.code == "at_least":
        return f"Take at least k = {k}, the largest that was tried; try more."
    differ = ", with doubt: the looks at the data differ" if advice.agreement == "none" else ""
    return f"Take k = {k}{differ}."


def reasons(advice, dataset):
    """What speaks for it: a list of clauses, each to be read on its own."""
    k = advice.n_components
    if advice.code == "dominated":
        return [dominance_clause(advice.dominance, dataset)]
    if advice.code == "none":
        return ["as many components as rows or columns fit any data exactly (X = X·I)"]
    if advice.code == "exact":
        return ["more components have nothing left to explain"]
    return [_agreement(advice, k), *([_identified(advice)] if advice.kind else [])]


def _agreement(advice, k):
    """Which opinions say so, and what the others say."""
    said = {name: getattr(advice.opinions, name) for name in _LOOKS}
    said = {name: value for name, value in said.items() if value is not None}
    same = [name for name, value in said.items() if value == k]
    others = {name: value for name, value in said.items() if value != k}
    order = _order(advice.order_left)
    text = listed(_LOOKS[name].format(k=f"k = {k}", order=order) for name in same)
    if not others:
        return text
    differ = listed(f"{_NAMES[name]} k = {value}" for name, value in others.items())
    return f"{text}; {differ}" if text else f"it lies between the opinions: {differ}"


def _order(left):
    """How much order is left over, beside that of noise."""
    if left > SURELY_ORDERED:
        return f"more order than noise ({number(left, 3)}), but no larger k was tried"
    return "hardly more order than noise" if left > ORDERED else "no more order than noise"


_NAMES = {
    "order": "by the order left over",
    "holdout": "by hidden entries",
    "halves": "by random halves",
}


def _identified(advice):
    """Whether the components of that many are determined: a question of its own."""
    text = f"the fits with so many components have {_KINDS[advice.kind]}"
    if advice.trusted_share == advice.trusted_share and advice.kind in ("one", "several"):
        text += f", which share {percent(advice.trusted_share)} of their components"
    return text


def next_step(command, advice):
    """What to run next.

    Parameters
    ----------
    command : sequence of str
        The one that made the study, as it was recorded.
    advice : Advice or None

    Returns
    -------
    (str, list of str) or None
        In words and as a command; None where nothing is known to help.
    """
    if advice is None or advice.n_components is None or list(command[:2]) != ["nmfstudy", "run"]:
        return None
    k, doubts_on = advice.n_components, dict(advice.doubts)
    again = [
        str(word)
        for word in command
        if not str(word).startswith(("n_components=", "n_starts=", "resample="))
    ]
    if advice.code == "at_least":
        more = ",".join(map(str, range(k + 1, k + 5)))
        return "Try more components", [*again, f"n_components={more}"]
    if advice.code != "take" or "not_fitted" in doubts_on:
        return None
    if doubts_on.get("kind", {}).get("kind") == "continuum":
        words = "More starts cannot settle a continuum; a penalty chooses one solution"
        return words, [*again, f"n_components={k}", "penalty=ridge"]
    if {"kind", "coverage", "rarely_reached"} & doubts_on.keys():
        words = "Run starts until the count is settled"
        return words, [*again, f"n_components={k}", "n_starts=auto"]
    words = "See which components come back when the samples are drawn again"
    return words, [*again, f"n_components={k}", "resample=bootstrap"]


def doubts(advice):
    """What is to be said against it, as clauses."""
    if advice.code == "dominated":
        return [REMEDY]
    said = [_DOUBTS[code](numbers) for code, numbers in advice.doubts]
    if advice.code == "at_least":
        k = advice.n_components
        said.insert(0, f"no larger k was tried; add n_components={k + 1},{k + 2}")
    if advice.code == "one":
        said.append(
            "structure that is weaker than the noise, or lies in few entries, cannot be seen this "
            "way; more samples may show it"
        )
    if advice.code in ("take", "at_least"):
        said.append(
            "a background, a trend or a batch is a component too, and the numbers do not know what "
            "the components are for"
        )
    return said


_DOUBTS = {
    "differ": lambda n: "the opinions differ, and then the number is often wrong",
    "outlying": lambda n: (
        f"{count(n['n'], 'entry is', 'entries are')} more than five times as large as any other of "
        "their row and column; lowered before this look, they take components of their own from "
        "the fits, so check them"
    ),
    "untried": lambda n: f"no k between {n['below']} and {n['k']} was tried",
    "not_fitted": lambda n: f"k = {n['k']} itself was not fitted",
    "kind": lambda n: (
        "its components are not determined: the solutions form a continuum"
        if n["kind"] == "continuum"
        else "the count of its solutions is not settled"
    ),
    "untrusted": lambda n: (
        "some components of the solution are zero, so fewer do the same"
        if n["n_distinct"] == 1
        else f"only {percent(n['share'])} of its components come back in all "
        f"{number(n['n_distinct'])} solutions"
    ),
    "coverage": lambda n: (
        f"one more start finds something new with a chance of {percent(n['missing'])}"
    ),
    "rarely_reached": lambda n: f"only {percent(n['share'])} of the starts reach the best solution",
}
