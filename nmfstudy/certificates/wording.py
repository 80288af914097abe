"""What a verdict says to people, who count components from 1."""

import textwrap

import numpy as np

from nmfstudy.certificates.best_fit import proved_level
from nmfstudy.util.display import count, listed, number


def in_words(status, witness):
    """The status in words; of some proved components also whether the others are known to change.

    ``partially_identifiable`` says the same with and without a second factorization at hand, and
    that there is one is the more important half.
    """
    if status != "partially_identifiable":
        return status.replace("_", " ")
    if witness is not None:
        return "not unique, but some components are fixed"
    return "some components proved, the rest open"


def explain(case, combined, outcomes, n_open=0):
    """What was found, for people; with the reason if it is open for the last digits' sake."""
    sentence = _explain(case, combined, outcomes)
    if combined["witness"] is None and any(o.knife_edge for o in outcomes):
        sentence += " The product is a knife edge: the last digits decide how many there are."
    if n_open:
        entries = count(n_open, "entry", "entries")
        sentence += f" {entries} may be zero or not; this holds either way."
    return sentence


def _explain(case, combined, outcomes):
    status, k = combined["status"], case.k + case.spare
    if status == "unique":
        by = dict.fromkeys(o.name.replace("_", " ") for o in outcomes if o.unique)
        return f"Up to order and scale no other {k} components give this product ({', '.join(by)})."
    if status == "degenerate":
        if not case.k:
            return "The product is zero, or its terms differ too much in size to compute with."
        if case.spare:
            be = "is" if case.spare == 1 else "are"
            return f"{case.spare} of {k} components {be} dead or the same as others."
        return "The components are so nearly dependent that double precision proves nothing."
    if status == "not_unique":
        count = combined["n_solutions"]
        if count is None:
            return f"Another set of {k} components gives the same product; it is at hand."
        if count == np.inf:
            return f"Infinitely many sets of {k} components give this product; one is at hand."
        return f"Exactly {count} sets of {k} components give this product; another is at hand."
    if status == "partially_identifiable":
        fixed = [*_named("w", combined["identifiable_W"]), *_named("h", combined["identifiable_H"])]
        rest = (
            "others change in a second one, which is at hand"
            if combined["witness"] is not None
            else "others are open"
        )
        return f"Every factorization of the product has {listed(fixed)}, up to scale; {rest}."
    if status == "locally_unique":
        return "No other solution is close to this one; whether one is far away is open."
    return "Nothing was proved: the components may or may not be the only ones."


def as_a_fit(optimality, n_components, status=""):
    """What is proved of a fit beside others, in one sentence.

    Parameters
    ----------
    optimality : Optimality
    n_components : int
    status : str
        Of the factorization of its product.
    """
    anyhow = optimality.any_n_components
    many = "any number of components" if anyhow else count(n_components, "component")
    if proved_level(status, optimality) == "problem":
        return f"This is the only best fit with {many}, up to order and scale: proved."
    if optimality.best:
        return f"No fit with {many} is better: proved. Whether another one is as good is open."
    what = "an objective" if optimality.alpha_W else "a squared error"
    return f"No fit with {many} has {what} more than {_percent(optimality.gap)} lower: proved."


def _percent(share):
    """A bound from above in two digits, rounded up."""
    step = 10.0 ** (np.floor(np.log10(100 * share)) - 1) if share > 0 else 1.0
    return f"{number(float(np.ceil(100 * share / step) * step), 2)} %"


def report(verdict, width):
    """A verdict as lines of at most ``width`` columns."""
    sentence = in_words(verdict.status, verdict.witness).upper()
    lines = [*_wrapped(sentence, width), *_wrapped(verdict.explanation, width), ""]
    name_width = max(len(name) for name, _ in _facts(verdict))
    for name, text in _facts(verdict):
        lines += _wrapped(text, width, f"{name:<{name_width}}  ")
    lines += ["", "Certificates"]
    name_width = max((len(o.name) for o in verdict.certificates), default=0)
    for o in verdict.certificates:
        head = f"{o.name.replace('_', ' '):<{name_width}}  {o.outcome:<12}  "
        lines += _wrapped(o.reason, width, head)
    return "\n".join(lines)


def _facts(verdict):
    yield "solutions", _count(verdict.n_solutions)
    yield "dimensions free", _dimension(verdict)
    k = verdict.factorization.n_components
    for letter, fixed, refuted in (
        ("w", verdict.identifiable_W, verdict.refuted_W),
        ("h", verdict.identifiable_H, verdict.refuted_H),
    ):
        groups = (
            ("in every solution", fixed),
            ("not in another solution", refuted),
            ("open", sorted(set(range(k)) - set(fixed) - set(refuted))),
        )
        sentence = [f"{' '.join(_named(letter, ids))} {what}" for what, ids in groups if ids]
        yield f"{'columns of W' if letter == 'w' else 'rows of H'}", "; ".join(sentence) or "none"
    yield "speaks of", verdict.scope
    low, high = verdict.threshold_interval
    yield (
        "zeros",
        f"entries up to {number(verdict.zero_threshold, 1)} of their component's largest, rows and "
        f"columns brought to one size; the same verdict from {number(low, 1)} to {number(high, 1)}",
    )
    if verdict.optimality is not None:
        yield "as a fit", as_a_fit(verdict.optimality, k, verdict.status)
    yield "arithmetic", verdict.arithmetic
    yield "seconds", number(verdict.seconds, 2)


def _count(n_solutions):
    if n_solutions is None:
        return "unknown"
    return "infinitely many" if n_solutions == np.inf else str(n_solutions)


def _dimension(verdict):
    if verdict.local_dimension is None:
        return "unknown"
    return f"{'' if verdict.dimension_exact else 'at most '}{verdict.local_dimension}"


def _named(letter, ids):
    return [f"{letter}_{i + 1}" for i in ids]


def _wrapped(text, width, head=""):
    """Lines of ``text``, the first after ``head`` and the others below its end."""
    return textwrap.wrap(text, width, initial_indent=head, subsequent_indent=" " * len(head))
