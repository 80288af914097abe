"""How far to believe what is said of starts: ``python benchmarks/calibration.py``.

Prints the tables of ``docs/coverage.md`` and that of ``docs/comparison.md``. Nothing is fitted:
starts are drawn from populations of minima whose true shares are known, so what a rule claims can
be held against what is true.
"""

import argparse

import numpy as np

from nmfstudy.solutions.coverage import (
    difference_of_counts,
    good_turing_coverage,
    lowest_coverage,
    starts_needed,
    wilson_interval,
)
from nmfstudy.sweep.execution import AUTO_BUDGET, AUTO_COVERAGE
from nmfstudy.util.streams import stream

BLOCK = 100  # starts between two looks
RULES = {
    "estimate": lambda counts: good_turing_coverage(counts) >= AUTO_COVERAGE,
    "lower limit": lambda counts: lowest_coverage(counts) >= AUTO_COVERAGE,
}
# Starts per minimum that were counted in real fits: 600 of digits with k = 10, and 2,000 of a
# sparse random product, 60 × 20 with k = 4, under noise of .3 of its mean, fitted with k = 7.
DIGITS = """163 57 34 37 26 27 26 7 65 6 3 13 8 2 3 11 11 11 3 3 3 3 2 4 5 7 4 1 5 1 6 4 5 1 1 3 1 3
1 1 1 2 2 1 1 1 1 1 1 2 1 1 1 1 1 1 1 1 1 1"""
PLANTED = """154 334 684 49 41 217 56 16 53 1 33 79 3 9 1 133 15 3 17 3 2 3 4 7 3 4 1 1 16 2 1 1
1"""


def populations():
    """Shares of the minima of several kinds of population, by name.

    Returns
    -------
    dict of str to array of shape (n_minima,)
    """
    rng, rank = stream(0, "populations"), np.arange(1, 301)
    sizes = {
        "3 alike": np.ones(3),
        "100 alike": np.ones(100),
        "geometric, ratio .8": 0.8 ** rank[:60],
        "one of .9 and 50 rare ones": np.r_[0.9, np.full(50, 0.002)],
        "broken stick, 30": np.diff(np.r_[0, np.sort(rng.random(29)), 1]),
        "Dirichlet(.3), 100": rng.dirichlet(np.full(100, 0.3)),
        "lognormal, σ = 2, 200": np.exp(2 * rng.standard_normal(200)),
        "Zipf, exponent 2, 300": 1.0 / rank**2,
        "as in digits, k = 10": np.array(DIGITS.split(), dtype=float),
        "as in a planted matrix, k = 7": np.array(PLANTED.split(), dtype=float),
    }
    return {name: size / size.sum() for name, size in sizes.items()}


def stopped(shares, rule, rng, n_runs):
    """Adaptive studies of one population by one rule.

    Returns
    -------
    array of shape (n_runs, 3)
        Starts at the stop, coverage claimed and true coverage there.
    """
    ends = []
    for _ in range(n_runs):
        counts = np.zeros(len(shares), dtype=np.int64)
        while counts.sum() < AUTO_BUDGET:
            counts += rng.multinomial(BLOCK, shares)
            if rule(counts):
                break
        ends.append((counts.sum(), good_turing_coverage(counts), shares[counts > 0].sum()))
    return np.array(ends)


def coverage_rows(n_runs):
    """A row per population: what each rule claims, what is true, and what it costs."""
    for name, shares in populations().items():
        rng = stream(0, f"coverage {name}")
        for rule, enough in RULES.items():
            ends = stopped(shares, enough, rng, n_runs)
            spent = ends[:, 0] >= AUTO_BUDGET
            starts, claimed, true = ends[~spent].T if (~spent).any() else np.full((3, 1), np.nan)
            yield (
                name, rule, f"{starts.mean():,.0f}", f"{claimed.mean():.4f}", f"{true.mean():.4f}",
                f"{np.mean(true < 0.99):.0%}", f"{np.mean(true < 0.98):.0%}", f"{spent.mean():.0%}",
            )  # fmt: skip


def starts_rows(n_draws):
    """Real chances of the starts for 99 %, from the share seen and from its lower end."""
    for n_starts in (50, 100, 400):
        for share in (0.05, 0.1, 0.3, 0.7):
            rng = stream(0, f"starts {n_starts} {share}")
            hits = rng.binomial(n_starts, share, n_draws)
            seen = [wilson_interval(h, n_starts) for h in hits.tolist() if h]
            cells = []
            for end in ("value", "low"):
                needed = np.array([starts_needed(getattr(s, end)) for s in seen], dtype=float)
                enough = 1 - (1 - share) ** needed >= AUTO_COVERAGE
                cells += [f"{np.median(needed):,.0f}", f"{enough.mean():.0%}"]
            yield (f"{n_starts}", f"{share}", f"{starts_needed(share)}", *cells)


def null_rows(n_pairs):
    """A row per population: how often the difference of one search to itself may be none."""
    for name, shares in populations().items():
        cells = []
        for sizes in ((50, 400), (100, 100), (20, 1000)):
            rng, held, grown = stream(0, f"null {name} {sizes}"), 0, 0.0
            for _ in range(n_pairs):
                first, other = (rng.multinomial(size, shares) for size in sizes)
                _, gap = difference_of_counts(first, other, sizes)
                held += gap.low - 1e-9 <= 0 <= gap.high + 1e-9
                grown += ((other > 0).sum() - (first > 0).sum()) / n_pairs
            cells += [f"{grown:.1f}", f"{held / n_pairs:.0%}"]
        yield (name, *cells)


def print_table(headers, rows):
    """Print a Markdown table, numbers to the right."""
    print("| " + " | ".join(headers) + " |")
    print("|" + "|".join("---" if h in ("population", "rule") else "---:" for h in headers) + "|")
    for row in rows:
        print("| " + " | ".join(row) + " |")
    print()


def main():
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=400, help="simulated studies of each row")
    given = parser.parse_args()
    headers = "population,rule,starts,claimed,true,below .99,below .98,budget spent".split(",")
    print_table(headers, coverage_rows(given.runs))
    headers = ("starts", "share", "needed", "by the share", "enough", "by its lower end", "enough")
    print_table(headers, starts_rows(5 * given.runs))
    headers = ("50, 400", "holds 0", "100, 100", "holds 0", "20, 1,000", "holds 0")
    print_table(("population", *headers), null_rows(2 * given.runs))


if __name__ == "__main__":
    main()
