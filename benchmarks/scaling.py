"""How time and memory grow with starts, samples, features, components and nonzeros.

``python benchmarks/scaling.py [starts n d k nnz converged profile memory]`` prints the tables of
``benchmarks/README.md`` for the rows asked for, by default all but the last, which takes long;
with all axes it also writes ``scaling.png`` and ``scaling.csv`` beside this file. Every point is
measured in a process of its own. Exponents and shares of the peak are of CPU time, which hangs
least on what else the machine does.
"""

import argparse
import csv
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
from measuring import Work, clocked, exponent, measure, peak_multiply_adds

HERE = Path(__file__).parent
WORK = 4e9  # multiply-adds of a measurement, so that each takes a good part of a second


def dense(**sizes):
    """Random dense data, 2,000 × 64 and k = 8 unless said otherwise, 32 starts."""
    work = Work(**{"n_starts": 32, **sizes})
    sweeps = WORK / (work.multiply_adds * work.n_starts)
    return replace(work, max_iter=int(np.clip(sweeps, 5, 2000)))


def scattered(nnz):
    """Random sparse data, 20,000 × 5,000, k = 8, 4 starts."""
    work = Work(n_samples=20_000, n_features=5_000, nnz=nnz, n_starts=4)
    return replace(work, max_iter=int(np.clip(WORK / 10 / work.multiply_adds, 5, 200)))


def to_kkt(k):
    """Digits to a KKT residual of 1e-9."""
    return Work(
        data="digits", n_samples=1797, n_components=k, n_starts=8, max_iter=20_000,
        tol=1e-9, solver="accelerated",
    )  # fmt: skip


# By name: what grows, the sizes, the work at a size.
AXES = {
    "starts": ("starts", [10, 30, 100, 300, 1000], lambda s: Work(n_starts=s, max_iter=30)),
    "n": ("samples n", [500, 1000, 2000, 4000, 8000, 16000], lambda n: dense(n_samples=n)),
    "d": ("features d", [32, 64, 128, 256, 512, 1024], lambda d: dense(n_features=d)),
    "k": ("components k", [2, 4, 8, 16, 32, 64], lambda k: dense(n_components=k)),
    "nnz": ("nonzeros", [100_000, 300_000, 1_000_000, 3_000_000], scattered),
    "converged": ("components k", [2, 4, 8, 16, 32], to_kkt),
}
THOUSANDS = {"nnz": 1000}  # on the figure's axis
UNITS = {"starts": "s in all", "converged": "ms per start"}


def points_of(axis, repeats):
    """One row per size: axis, size, wall and CPU time in the axis's unit, cores, MB."""
    _, sizes, work_at = AXES[axis]
    rows = []
    for size in sizes:
        cost = measure(work_at(size), repeats)
        per = {"starts": 1.0, "converged": cost.n_starts / 1e3}
        per = per.get(axis, cost.n_starts * cost.sweeps / 1e3)
        value, low, high, cpu = (
            seconds / per for seconds in (cost.seconds, *cost.seconds_range, cost.cpu_seconds)
        )
        rows.append(
            {
                "axis": axis,
                "size": size,
                "unit": UNITS.get(axis, "ms per start and sweep"),
                "time": value,
                "low": low,
                "high": high,
                "cpu_time": cpu,
                "cores": cost.cores,
                "sweeps": cost.sweeps,
                "megabytes": cost.peak_bytes / 1e6,
            }
        )
    return rows


def show(rows):
    """Print the table of one axis."""
    sizes, cpu, memory = ([row[name] for row in rows] for name in ("size", "cpu_time", "megabytes"))
    print(f"\n| {AXES[rows[0]['axis']][0]} | {rows[0]['unit']} (range) | of CPU | cores | MB |")
    print("|---|---|---|---|---|")
    for row in rows:
        print(
            f"| {row['size']:,} | {row['time']:.3g} ({row['low']:.3g}–{row['high']:.3g}) "
            f"| {row['cpu_time']:.3g} | {row['cores']:.1f} | {row['megabytes']:.0f} |"
        )
    grows = f"**{exponent(sizes, cpu):.2f}** | | **{exponent(sizes, memory):.2f}**"
    print(f"| **exponent** | | {grows} |", flush=True)


def memory_of_many(n_starts=10_000):
    """Print what 10,000 starts of digits, k = 16, take, by what is kept.

    Without factors a few sweeps do, since memory does not hang on them; what is kept of the
    solutions does, so those are fitted to the end, which takes a quarter of an hour.
    """
    print(
        f"\n| digits k=16, {n_starts:,} starts, record= | peak in all, MB | rows kept | minutes |"
    )
    print("|---|---|---|---|")
    work = Work(
        data="digits", n_samples=1797, n_components=16, n_starts=n_starts, solver="accelerated"
    )
    for how in (
        replace(work, record="none", max_iter=5),
        replace(work, record="solutions", max_iter=20_000, tol=1e-9),
    ):
        cost = measure(how, repeats=1)
        print(
            f"| {how.record} | {cost.resident_bytes / 1e6:,.0f} | {cost.n_kept:,} "
            f"| {cost.seconds / 60:.1f} |",
            flush=True,
        )


def profile(repeats):
    """Print how near a sweep comes to the machine's peak, on one thread."""
    peak = peak_multiply_adds()
    print(f"\nOne core: {peak / 1e9:.1f}·10⁹ multiply-adds a second (dgemm, 1,000 × 1,000).\n")
    headers = "digits", "CPU ms a sweep", "its two products with X, BLAS", "multiply-adds"
    print("|", " | ".join([*headers, "share of peak"]), "|")
    print("|---|---|---|---|---|")
    rng = np.random.default_rng(0)
    X = rng.random((1797, 64))
    for k in (5, 8, 16, 32):
        work = dense(n_samples=1797, n_components=k)
        cost = measure(replace(work, data="digits", threads=1), repeats)
        products = _products(X, rng.random((1797, k)), rng.random((k, 64)))
        seconds = cost.cpu_seconds / (cost.n_starts * cost.sweeps)
        print(
            f"| k={k} | {1e3 * seconds:.3f} | {1e3 * products:.3f} "
            f"| {work.multiply_adds / 1e6:.2f}·10⁶ | {work.multiply_adds / seconds / peak:.0%} |",
            flush=True,
        )


def _products(X, W, H):
    """Seconds of ``X Hᵀ`` and ``Wᵀ X``, the fastest of many, one BLAS thread."""
    from threadpoolctl import threadpool_limits

    def both():
        for _ in range(20):
            X @ H.T
            W.T @ X

    with threadpool_limits(1, "blas"):
        return min(clocked(both)[1] for _ in range(7)) / 20


def draw(rows, path):
    """Time above, memory below, a column per axis, with the fitted exponents."""
    from matplotlib.figure import Figure

    from nmfstudy.plots import style

    axes_names = list(dict.fromkeys(row["axis"] for row in rows))
    figure = Figure(figsize=(3.1 * len(axes_names), 5.6), layout="constrained")
    panels = figure.subplots(2, len(axes_names), squeeze=False)
    for axis, (above, below) in zip(axes_names, panels.T, strict=True):
        own = [row for row in rows if row["axis"] == axis]
        sizes = np.array([row["size"] for row in own], dtype=float)
        sizes /= THOUSANDS.get(axis, 1)
        what = AXES[axis][0] + {"converged": ", to KKT 10⁻⁹", "nnz": ", thousands"}.get(axis, "")
        for ax, column, unit, colour, marker in (
            (above, "time", own[0]["unit"], style.BLUE, "o"),
            (below, "megabytes", "MB", style.VERMILLION, "s"),
        ):
            values = np.maximum([row[column] for row in own], 0.1 if ax is below else 0)
            ax.loglog(sizes, values, color=colour, marker=marker, label="wall")
            fitted = values
            if ax is above:
                fitted = np.array([row["cpu_time"] for row in own])
                ax.loglog(sizes, fitted, color=style.GREY, marker=".", ls="--", label="CPU")
            style.dress(ax, xlabel=what if ax is below else "", ylabel=unit)
            style.log_axis(ax.xaxis, sizes.min() / 1.3, sizes.max() * 1.3)
            low = min(values.min(), fitted.min()) / 1.8
            high = max(values.max(), fitted.max()) * 1.8
            style.log_axis(ax.yaxis, low, max(high, 10 * low))
            style.note(ax, 0.06, 0.93, f"exponent {exponent(sizes, fitted):.2f}")
    style.legend(panels[0, 0], loc="lower right")
    figure.patch.set_alpha(1.0)
    figure.patch.set_facecolor("white")
    figure.savefig(path, dpi=110)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("rows", nargs="*", help=f"of {', '.join(AXES)}, profile, memory")
    parser.add_argument("--repeats", type=int, default=3)
    given = parser.parse_args()
    chosen = given.rows or [*AXES, "profile"]
    if unknown := set(chosen) - {*AXES, "profile", "memory"}:
        parser.error(f"{', '.join(unknown)}: possible are {', '.join(AXES)}, profile, memory")
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, median of {given.repeats}")
    rows = []
    for axis in AXES:
        if axis in chosen:
            found = points_of(axis, given.repeats)
            show(found)
            rows += found
    if "profile" in chosen:
        profile(given.repeats)
    if "memory" in chosen:
        memory_of_many()
    if set(AXES) <= set(chosen):
        draw(rows, HERE / "scaling.png")
        with open(HERE / "scaling.csv", "w", newline="", encoding="utf-8") as handle:
            writer = csv.DictWriter(handle, rows[0])
            writer.writeheader()
            writer.writerows(rows)


if __name__ == "__main__":
    main()
