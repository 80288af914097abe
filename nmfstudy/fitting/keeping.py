"""Which factors are kept: of all fits, of one of each solution, or none.

Each of `RECORDS` makes one `Fits` of a stream of parts of one search and holds no more factors
on the way than it keeps, and those of one part.
"""

from functools import reduce

import numpy as np

from nmfstudy.model.fits import concatenate
from nmfstudy.util.errors import check_choice


def keep_all(parts):
    """The factors of every fit."""
    return concatenate(parts)


def keep_none(parts):
    """No factors: what is left are the values of each fit, such as its objective."""
    return concatenate(part.with_rows(np.full(len(part), -1)) for part in parts)


def keep_solutions(parts):
    """The factors of one of all converged fits that are the same but for want of convergence.

    In the order given, a converged fit shares the row of an earlier one if they are apart by no
    more than a quarter of the noise floor (the largest ``kkt_residual · n_iter`` so far; the
    quarter at least 1e-8 and at most 2.5e-4), and else has a row of its own. So counts at
    tolerances above the noise floor are those of all factors, and of a continuum of solutions
    every fit is kept. Of fits by another stopping rule only copies (1e-8) share a row. Fits that
    do not converge, and saddles, keep none.
    """
    return reduce(_join, parts, None)


RECORDS = {"all": keep_all, "solutions": keep_solutions, "none": keep_none}


def check_record(record):
    """Refuse what is no way to keep factors."""
    return check_choice("record", record, RECORDS)


def _join(kept, part):
    from nmfstudy.solutions.leaders import find_leaders, radius_of
    from nmfstudy.solutions.plateau import noise_floor
    from nmfstudy.solutions.pool import NOT_COUNTED, pool

    fits = part if kept is None else concatenate([kept, part])
    wanted = np.flatnonzero(fits.converged & ~np.isin(fits.stop_reason, NOT_COUNTED))
    floor = 0.0
    if fits.search.stop == "kkt":  # Another rule does not say how near to the end a fit is.
        floor = noise_floor(fits.kkt_residual, fits.n_iter, fits.step, wanted)
    wanted = wanted[fits.row[wanted] >= 0]
    # One fit per row, those that are kept already first.
    first = wanted[np.unique(fits.row[wanted], return_index=True)[1]]
    led = find_leaders(pool(fits), first, radius_of(floor), 0 if kept is None else len(kept.W))
    follow = np.full(len(fits.W) + 1, -1)  # Row −1 is the last and stays −1.
    rows = fits.row[led.positions]
    follow[rows] = rows[led.first[led.leader]]
    return fits.with_rows(follow[fits.row])
