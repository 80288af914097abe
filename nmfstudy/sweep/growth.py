"""More numbers of components while the largest that was tried is the best."""

from dataclasses import replace

from nmfstudy.assess.choice_of_k import next_numbers
from nmfstudy.sweep.composing import plan
from nmfstudy.sweep.execution import dataset_of
from nmfstudy.sweep.request import without_lost
from nmfstudy.util.errors import check_integer


def limit_of(asked):
    """Up to which k a plan goes on by itself; None if it does not.

    Where the user gives k, it goes on only if they give the limit, too.

    Raises
    ------
    RequestError
        If the limit is no integer >= 1.
    """
    limit = asked.root.range_of_k.grow_to
    if limit is not None:
        limit = check_integer("range_of_k.grow_to", limit, 1)
    own = "n_components" in asked.given and "range_of_k.grow_to" not in asked.given
    return None if own else limit


def grown(asked, overrides, found):
    """What to run next, if the largest k of some data is the best.

    Parameters
    ----------
    asked : Plan
        The last, as far as the data allow it.
    overrides : sequence of str
        What the user gave.
    found : list of (Dataset, list of int, Advice or None)
        The k at hand, in this plan or before, and the advice.

    Returns
    -------
    Plan or None
        The same sweeps with more k, for those data only; its hints say why. None if there is
        nothing to try.
    """
    limit, more, hints = limit_of(asked), {}, []
    for dataset, ks, advice in found if limit is not None else ():
        tried = {j.problem.n_components for j in asked.jobs if _is_of(j, dataset)} | {*ks}
        if advice is None or (advice.code, advice.n_components) != ("at_least", max(tried)):
            continue
        numbers = next_numbers(tried, dataset.X.shape, limit)
        if numbers:
            more[dataset.sha256] = numbers
            hints.append(f"{dataset.name}: at least k = {max(tried)}; trying {_span(numbers)}")
    if not more:
        return None
    every = sorted({k for numbers in more.values() for k in numbers})
    kept = [text for text in overrides if text.partition("=")[0] != "n_components"]
    wider = without_lost(plan([*kept, f"n_components={','.join(map(str, every))}"], multirun=True))
    pairs = [
        (job, texts)
        for job, texts in zip(wider.jobs, wider.overrides, strict=True)
        if job.problem.n_components in more.get(dataset_of(job).sha256, ())
    ]
    jobs, texts = zip(*pairs, strict=True)
    return replace(asked, jobs=jobs, overrides=texts, hints=tuple(hints))


def _is_of(job, dataset):
    return dataset_of(job).sha256 == dataset.sha256


def _span(numbers):
    first, last = numbers[0], numbers[-1]
    return f"k = {first}" if first == last else f"k = {first}–{last}"
