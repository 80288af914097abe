"""A study of 120 runs × 100 starts on the menu, from the command to the report.

Peer: a plain Hydra script, one job per fit, scikit-learn with the same starts, a pandas row per
fit; its time per job from a shorter sweep, times 12,000 jobs. Each side is a process of its own,
alternating; imports and report are part of ours, the peer writes no report.

    python benchmarks/sweep.py [--pairs 5]
"""

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

JOBS, STARTS = 120, 100
PEER_JOBS = 40
PEER = """
import hydra, numpy as np, pandas as pd
from pathlib import Path
from sklearn.decomposition import NMF

X = np.array([[1,1,2,2],[1,0,0,0],[1,1,1,1],[1,0,1,1],[0,1,3,3],[1,1,0,0]], dtype=float)

@hydra.main(version_base="1.3", config_path=".", config_name="config")
def main(cfg):
    model = NMF(cfg.k, init="random", random_state=cfg.seed, tol=1e-9, max_iter=20000)
    W = model.fit_transform(X)
    row = {"k": cfg.k, "seed": cfg.seed, "error": model.reconstruction_err_}
    path = Path("fits.csv")
    pd.DataFrame([row]).to_csv(path, mode="a", header=not path.exists(), index=False)

main()
"""


def ours(folder):
    """Seconds of our command, and its table of starts."""
    command = [sys.executable, "-m", "nmfstudy.cli", "run", "-m", "n_components=2,3,4"]
    command += [f"seed=range(0,{JOBS // 3 * STARTS},{STARTS})", f"n_starts={STARTS}"]
    seconds = timed([*command, f"results_dir={folder}"], folder)
    return seconds, pd.read_csv(folder / "menu" / "tables" / "starts.csv")


def peer(folder):
    """Seconds per job of the plain script, and its table of fits."""
    (folder / "peer.py").write_text(PEER)
    (folder / "config.yaml").write_text("k: 3\nseed: 0\nhydra: {job: {chdir: false}}\n")
    seconds = timed([sys.executable, "peer.py", "-m", f"seed=range(0,{PEER_JOBS})"], folder)
    return seconds / PEER_JOBS, pd.read_csv(folder / "fits.csv")


def timed(command, folder):
    """Wall time of a process."""
    begun = time.perf_counter()
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(done.stderr)
    return time.perf_counter() - begun


def main():
    """Print the median ratio and its spread."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--pairs", type=int, default=5)
    pairs = parser.parse_args().pairs
    with tempfile.TemporaryDirectory() as scratch:
        ours(_new(scratch, "warm"))
        seconds, ratios = [], []
        for i in range(pairs):
            per_job, fits = peer(_new(scratch, f"peer{i}"))
            taken, starts = ours(_new(scratch, f"ours{i}"))
            check(starts, fits)
            seconds.append((taken, per_job))
            ratios.append(per_job * JOBS * STARTS / taken)
    taken, per_job = np.median(seconds, axis=0)
    print(f"ours: {taken:.1f} s for {JOBS} runs × {STARTS} starts with report")
    print(f"peer: {per_job * 1e3:.0f} ms a job, so {per_job * JOBS * STARTS:.0f} s")
    print(f"ratio {np.median(ratios):.0f}× ({min(ratios):.0f}–{max(ratios):.0f}, {pairs} pairs)")


def _new(scratch, name):
    folder = Path(scratch, name)
    folder.mkdir()
    return folder


def check(starts, fits):
    """Both fit the same problem from the same starts equally well."""
    if len(starts) != JOBS * STARTS:
        raise RuntimeError(f"{len(starts)} starts instead of {JOBS * STARTS}")
    mine = starts[starts.n_components == 3].set_index("seed").loc[fits.seed]
    norm = np.linalg.norm([1, 1, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 3, 3, 1, 1])
    gap = np.abs(mine.relative_error.to_numpy() * norm - fits.error.to_numpy()).max()
    if gap > 1e-3:
        raise RuntimeError(f"the fits differ by {gap:g}")


if __name__ == "__main__":
    main()
