"""Is this factorization the only one of its product?

nmfstudy certify --W W.csv --H H.csv
nmfstudy certify X.csv -k 3
"""

import sys

from nmfstudy.cli import guarded
from nmfstudy.util.arguments import Parser
from nmfstudy.util.errors import RequestError, check_positive


def main(argv):
    """Certify factors from files, or the best of some fits of a matrix; print the verdict."""
    parser = Parser("nmfstudy certify", description=__doc__.split("\n")[0])
    parser.add_argument("X", nargs="?", help="matrix to fit first; any format of dataset=file")
    parser.add_argument("-k", "--n-components", type=int)
    parser.add_argument("--W", help="file with W, n_samples × n_components")
    parser.add_argument("--H", help="file with H, n_components × n_features")
    parser.add_argument("--n-starts", type=int, default=100)
    parser.add_argument(
        "--budget", type=float, default=60.0, help="nominal seconds: work is counted, not timed"
    )
    given = parser.parse_args(argv)
    check_positive("--budget", given.budget)
    by_factors = given.W is not None and given.H is not None
    if by_factors == (given.X is not None and given.n_components is not None):
        raise RequestError("certify takes either --W W.csv --H H.csv or X.csv -k N, and not both")
    from nmfstudy.certificates import certify
    from nmfstudy.datasets import load_dataset, read_table
    from nmfstudy.datasets.file import how_it_was_read

    if by_factors:
        tables = {path: read_table(path) for path in (given.W, given.H)}
        W, H, X = *(table.values for table in tables.values()), None
    else:
        from nmfstudy.fitting.multistart import fit

        tables = {given.X: load_dataset("file", path=given.X)}
        X = tables[given.X].X
        fits = fit(X, n_components=given.n_components, n_starts=given.n_starts)
        if not fits.converged.any():
            raise RequestError("no start converged; possible: another k, or --n-starts")
        best = fits[fits.converged]
        best = best[int(best.objective.argmin())]
        W, H = best.W, best.H
    for path, table in tables.items():
        print(how_it_was_read(path, table), file=sys.stderr)
    verdict = certify(W, H, X=X, budget=given.budget)
    print(verdict.report())
    return 0


if __name__ == "__main__":
    sys.exit(guarded(main))
