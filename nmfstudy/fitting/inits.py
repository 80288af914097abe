"""Where a fit starts: initial factors by name.

An init is a function ``(X, n_components, seeds, options) -> (W, H)`` that returns stacks of shape
(n_starts, n_samples, n_components) and (n_starts, n_components, n_features), and an `Init` in
`INITS` that says what there is to know of it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from numbers import Integral

import numpy as np
from scipy import sparse

from nmfstudy.model.factorization import Factorization
from nmfstudy.model.weighted import Weighted
from nmfstudy.util.errors import RequestError, check_choice
from nmfstudy.util.numba_cache import load_kernels
from nmfstudy.util.references import Reference
from nmfstudy.util.streams import stream
from nmfstudy.util.threads import n_threads, on_threads

_NEGLIGIBLE = 1e-6  # entries below this share of their component's largest count as zero
_SEEDING = 60  # normal numbers that cost as much as the seeding of a generator
_TASK = 2**15  # fewest numbers that are worth a thread
_DENSE_SVD = 1000  # up to this many rows or columns a full SVD is cheap


def random_starts(X, n_components, seeds, options):
    """Half-normal factors: scikit-learn's ``init="random", random_state=seed``, to the bit."""
    load_kernels()
    from nmfstudy.fitting.engine.legacy_random import legacy_normals

    n, d = X.shape
    scale = np.sqrt(X.mean() / n_components)
    size = n_components * d
    draws = np.empty((len(seeds), size + n * n_components))
    words = np.array(seeds, dtype=np.uint32)

    def draw(rows, go_on):
        legacy_normals(words[rows], draws[rows])
        draws[rows] *= scale
        np.abs(draws[rows], out=draws[rows])

    n_tasks = max(1, min(n_threads(), len(seeds) * (_SEEDING + draws.shape[1]) // _TASK))
    step = max(1, -(-len(seeds) // n_tasks))
    on_threads(draw, [slice(i, i + step) for i in range(0, len(seeds), step)])
    H = draws[:, :size].reshape(-1, n_components, d)
    W = draws[:, size:].reshape(-1, n, n_components)
    return W, H


def nndsvd_starts(X, n_components, seeds, options):
    """Nonnegative double SVD (Boutsidis & Gallopoulos, 2008): deterministic, with zeros."""
    W, H = _nndsvd(X, n_components)
    return _repeat(W, H, len(seeds))


def nndsvda_starts(X, n_components, seeds, options):
    """Nonnegative double SVD with the data's mean in place of zeros: deterministic."""
    W, H = _nndsvd(X, n_components)
    W[W == 0] = H[H == 0] = X.mean()
    return _repeat(W, H, len(seeds))


def nndsvdar_starts(X, n_components, seeds, options):
    """Nonnegative double SVD with small random numbers, by seed, in place of zeros."""
    W, H = _repeat(*_nndsvd(X, n_components), len(seeds))
    for w, h, seed in zip(W, H, seeds, strict=True):
        generator = stream(int(seed), "nndsvdar")
        for factor in (w, h):
            zero = factor == 0
            noise = generator.standard_normal(np.count_nonzero(zero))
            factor[zero] = np.abs(noise) * X.mean() / 100
    return W, H


def custom_starts(X, n_components, seeds, options):
    """Factors given by the user, as arrays or as files, in ``options["W"]`` and ``["H"]``."""
    if not (options or {}).keys() >= {"W", "H"} or options["W"] is None or options["H"] is None:
        raise RequestError("init=custom needs both factors; give solver options W and H")
    given = Factorization(*(_read_factor(options[name]) for name in "WH"))
    found, wanted = (given.W.shape, given.H.shape), _shapes(X.shape, n_components)
    if found != wanted:
        raise RequestError(
            f"init=custom has W of shape {found[0]} and H of shape {found[1]}; "
            f"this problem needs {wanted[0]} and {wanted[1]}"
        )
    return _repeat(given.W, given.H, len(seeds))


@dataclass(frozen=True)
class Init:
    """An init and its properties.

    Attributes
    ----------
    name : str
        As in scikit-learn.
    draw : callable
        ``draw(X, n_components, seeds, options) -> (W, H)``.
    label : str
        For people.
    reference : Reference or None
    deterministic : bool
        Whether every seed gives the same start, so that one start is all there is.
    needs_singular_vectors : bool
        Whether each component takes one, of which there are min(n_samples, n_features).
    """

    name: str
    draw: Callable
    label: str
    reference: Reference | None = None
    deterministic: bool = False
    needs_singular_vectors: bool = False


_NNDSVD = Reference(
    "Boutsidis & Gallopoulos, 2008",
    "Boutsidis, C. & Gallopoulos, E. (2008). SVD based initialization: a head start for "
    "nonnegative matrix factorization. Pattern Recognition 41(4), 1350–1362.",
)
_MEMBERS = [
    Init("random", random_starts, "random factors"),
    Init("nndsvd", nndsvd_starts, "NNDSVD", _NNDSVD, True, True),
    Init("nndsvda", nndsvda_starts, "NNDSVDa", _NNDSVD, True, True),
    Init("nndsvdar", nndsvdar_starts, "NNDSVDar", _NNDSVD, False, True),
    Init("custom", custom_starts, "given factors", deterministic=True),
]
INITS = {init.name: init for init in _MEMBERS}


def is_deterministic(name):
    """Whether every seed gives the same start; of an unknown init, not."""
    return name in INITS and INITS[name].deterministic


def check_init(name, shape, n_components):
    """Refuse an init that does not exist or cannot start this problem.

    Parameters
    ----------
    name : str
    shape : (n_samples, n_features)
    n_components : int

    Raises
    ------
    RequestError
        Unknown name; or a singular vector is needed for each of more than
        min(n_samples, n_features) components.
    """
    check_choice("init", name, INITS)
    if INITS[name].needs_singular_vectors and n_components > min(shape):
        raise RequestError(
            f"init={name} gives at most min(n_samples, n_features) = {min(shape)} components, "
            f"n_components is {n_components}; possible: n_components up to {min(shape)}, or "
            "init=random"
        )


def draw_starts(X, init, n_components, seeds, options=None):
    """Initial factors of many starts.

    Parameters
    ----------
    X : array or sparse matrix of shape (n_samples, n_features)
    init : a name in `INITS`
    n_components : int
    seeds : sequence of int in [0, 2**32)
    options : mapping, optional
        ``W`` and ``H`` of the custom init.

    Returns
    -------
    W : array of shape (n_starts, n_samples, n_components)
    H : array of shape (n_starts, n_components, n_features)
        A start depends on the data and its own seed only.

    Raises
    ------
    RequestError
        See `check_init`; a seed out of range; custom factors that do not fit.
    """
    check_init(init, X.shape, n_components)
    for seed in seeds:
        if type(seed) is not int and not isinstance(seed, Integral) or not 0 <= seed < 2**32:
            raise RequestError(f"seed is {seed!r}; possible: integers from 0 to 2**32 - 1")
    return INITS[init].draw(X, n_components, seeds, options)


def _shapes(shape, n_components):
    return (shape[0], n_components), (n_components, shape[1])


def _repeat(W, H, n_starts):
    return np.repeat(W[None], n_starts, axis=0), np.repeat(H[None], n_starts, axis=0)


def _read_factor(given):
    if isinstance(given, str) or hasattr(given, "__fspath__"):
        from nmfstudy.datasets.reading import read_matrix

        given = read_matrix(given)
    return given.toarray() if sparse.issparse(given) else given


def _singular_triplets(X, k):
    """The k largest, one sign and one set of bits for every call."""
    if not sparse.issparse(X) and min(X.shape) <= _DENSE_SVD:
        U, s, V = np.linalg.svd(X, full_matrices=False)
    elif k < min(X.shape):
        from scipy.sparse.linalg import svds

        # A fixed vector to start from: the default draws a new one on every call.
        U, s, V = svds(X, k, v0=stream(0, "svd").random(min(X.shape)))
    else:
        # As many components as rows or columns: the factors are as large as a dense X.
        U, s, V = np.linalg.svd(X.toarray() if sparse.issparse(X) else X, full_matrices=False)
    order = np.argsort(-s, kind="stable")[:k]
    return U[:, order], s[order], V[order]


def _nndsvd(X, k):
    X = X.filled() if isinstance(X, Weighted) else X
    U, s, V = _singular_triplets(X, k)
    W, H = np.zeros((X.shape[0], k)), np.zeros((k, X.shape[1]))
    for r in range(k):
        # Of the two nonnegative parts of a singular pair the larger; the first pair has one
        # sign already (Perron), up to a common sign and rounding.
        pairs = [(np.maximum(c * U[:, r], 0), np.maximum(c * V[r], 0)) for c in (1, -1)]
        sizes = [np.linalg.norm(w) * np.linalg.norm(h) for w, h in pairs]
        best = int(sizes[1] > sizes[0])
        w, h = (np.abs(U[:, 0]), np.abs(V[0])) if r == 0 else pairs[best]
        size = 1.0 if r == 0 else sizes[best]
        for factor, v in ((W[:, r], w), (H[r], h)):
            if size > 0:
                v = np.where(v < _NEGLIGIBLE * v.max(), 0.0, v)
                factor[:] = np.sqrt(s[r] * size) * v / np.linalg.norm(v)
    return W, H
