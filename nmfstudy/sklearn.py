"""NMF from many starts as a scikit-learn estimator; importing it imports scikit-learn."""

from __future__ import annotations

import warnings

import numpy as np
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils.validation import check_is_fitted, check_non_negative, validate_data

from nmfstudy.assess.choice_of_k import FIRST_NUMBERS, advise, next_numbers
from nmfstudy.assess.evidence import evidence_over_k
from nmfstudy.datasets.base import Dataset
from nmfstudy.fitting.multistart import fit
from nmfstudy.fitting.transform import Transformed, transform
from nmfstudy.model.problem import default_solver
from nmfstudy.study import Study
from nmfstudy.util.errors import RequestError

__all__ = ["StableNMF"]
_LARGEST_K = 24  # that "auto" goes on to, as the command does


class StableNMF(ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseEstimator):
    """Nonnegative matrix factorization that knows how many solutions it has.

    Many starts are driven to full convergence, the best is kept, and the different solutions are
    counted. ``fit_transform`` and ``transform`` agree: weights are the exact minimum for the
    components.

    Parameters
    ----------
    n_components : int or "auto"
        "auto" fits 2 to 6, and more while the largest is the best, and takes what the data speak
        for, see `nmfstudy.assess.choice_of_k`.
    n_starts : int
        A deterministic init makes one.
    seed : int
        Of the first start; the others count on.
    loss : {"frobenius", "kullback-leibler"}
    init, solver, alpha_W, alpha_H, l1_ratio
        See `nmfstudy.fit`.
    tol : float, optional
        KKT residual to reach; 1e-9. With ``stop="scikit_learn"`` its own ``tol``; 1e-4.
    max_iter : int, optional
        Sweeps per start; 20,000. With ``stop="scikit_learn"`` 200, as there.
    stop : {"kkt", "scikit_learn"}
        Full convergence, or scikit-learn's rule: with it and ``n_starts=1`` the result is that of
        ``sklearn.decomposition.NMF`` with the same ``init`` and ``random_state=seed``. What has
        not converged is not counted, so ``solutions_`` is then empty.

    Attributes
    ----------
    components_ : array of shape (n_components, n_features)
    n_components_ : int
    reconstruction_err_ : float
        ``‖X − WH‖``, or the root of twice the Kullback–Leibler divergence, as in scikit-learn.
    n_iter_ : int
        Sweeps of the best start.
    n_features_in_, feature_names_in_
        As everywhere in scikit-learn.
    advice_ : Advice or None
        Of ``n_components="auto"``: the number, its reasons and the doubts.
    result_ : ProblemResult
        All that the three below are views of.

    Notes
    -----
    ``solutions_``, ``verdict_`` and ``trust_`` are worked out when they are first asked for.

    Examples
    --------
    >>> import nmfstudy as ns
    >>> from nmfstudy.sklearn import StableNMF
    >>> model = StableNMF(3, n_starts=20).fit(ns.load_dataset("menu").X)
    >>> model.solutions_.n_distinct, model.verdict_.status, model.trust_.trusted.tolist()
    (1, 'unique', [True, True, True])
    """

    def __init__(
        self,
        n_components="auto",
        *,
        n_starts=100,
        seed=0,
        loss="frobenius",
        init="random",
        solver=None,
        tol=None,
        max_iter=None,
        alpha_W=0.0,
        alpha_H="same",
        l1_ratio=0.0,
        stop="kkt",
    ):
        self.n_components = n_components
        self.n_starts = n_starts
        self.seed = seed
        self.loss = loss
        self.init = init
        self.solver = solver
        self.tol = tol
        self.max_iter = max_iter
        self.alpha_W = alpha_W
        self.alpha_H = alpha_H
        self.l1_ratio = l1_ratio
        self.stop = stop

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.positive_only = True
        tags.input_tags.sparse = True
        return tags

    def fit(self, X, y=None):
        """Fit all starts and keep the best.

        Parameters
        ----------
        X : array, DataFrame or sparse matrix of shape (n_samples, n_features)
            Nonnegative.
        y : ignored

        Returns
        -------
        StableNMF
        """
        self._fit(X)
        return self

    def fit_transform(self, X, y=None):
        """Fit, and return the weights of the samples, shape (n_samples, n_components).

        With ``stop="kkt"`` the same as ``transform``; with scikit-learn's rule its own W, which
        is not the best for its components.
        """
        best = self._fit(X)
        return best.W if self.stop == "scikit_learn" else self._transformed(self._data(X)).W

    def transform(self, X):
        """Best nonnegative weights of samples on the components, see `nmfstudy.transform`.

        Parameters
        ----------
        X : array, DataFrame or sparse matrix of shape (n_samples, n_features)

        Returns
        -------
        array of shape (n_samples, n_components)
        """
        check_is_fitted(self)
        return self._transformed(self._data(X)).W

    def inverse_transform(self, W):
        """``W @ components_``, shape (n_samples, n_features)."""
        check_is_fitted(self)
        return np.asarray(W) @ self.components_

    def score(self, X, y=None):
        """Minus the mean loss of a sample; larger is better, and more components are never worse.

        To choose a number of components take ``n_components="auto"``.
        """
        check_is_fitted(self)
        return -float(self._transformed(self._data(X)).loss.mean())

    @property
    def solutions_(self):
        """The different solutions among the starts: `nmfstudy.solutions.Solutions`."""
        return self._known("solutions_").assessed

    @property
    def verdict_(self):
        """What is proved of the best solution: `nmfstudy.certify`'s verdict.

        None with a penalty, another loss than Frobenius, or nothing converged.
        """
        return self._known("verdict_").verdicts.get(0)

    @property
    def trust_(self):
        """Which components can be trusted: `nmfstudy.assess.component_trust.Trust`."""
        return self._known("trust_").trust

    def _known(self, name):
        if "result_" not in vars(self):
            raise AttributeError(f"{name} is known after fit")
        return self.result_

    @property
    def _n_features_out(self):
        return self.n_components_

    def _data(self, X, reset=False):
        X = validate_data(
            self, X, reset=reset, accept_sparse="csr", dtype=np.float64, accept_large_sparse=True
        )
        check_non_negative(X, type(self).__name__)
        return X

    def _transformed(self, X):
        """Weights and loss; nothing but zeros is no data, but has weights."""
        if not X.sum():
            n = X.shape[0]
            return Transformed(np.zeros((n, self.n_components_)), np.zeros(n), np.zeros(n))
        return transform(X, self.components_, loss=self.loss, penalty=self.result_.problem.penalty)

    def _fit(self, X):
        rows = getattr(X, "index", None)
        rows = None if rows is None or callable(rows) else tuple(map(str, rows))
        X = self._data(X, reset=True)
        columns = getattr(self, "feature_names_in_", None)
        data = Dataset("X", X, row_names=rows, column_names=columns)
        self.advice_ = None
        if isinstance(self.n_components, str) and self.n_components == "auto":
            result = self._chosen(data)
        else:
            result = self._result(data, self.n_components)
        (fits,) = result.searches
        best = result.best or fits[int(np.argmin(fits.objective))]
        if not np.isfinite(best.H).all():
            raise RequestError(
                f"no start gave factors ({best.stop_reason}); possible: another init"
            )
        if not best.converged:
            warnings.warn(
                f"the best start did not converge ({best.stop_reason}); more max_iter may help",
                ConvergenceWarning,
                stacklevel=3,
            )
        loss = best.objective - result.problem.penalty.value(best.W, best.H)
        self.result_ = result
        self.n_components_, self.components_ = best.H.shape[0], best.H
        self.reconstruction_err_ = float(np.sqrt(2 * max(loss, 0.0)))
        self.n_iter_ = best.n_iter
        return best

    def _result(self, data, n_components):
        by_kkt = self.stop == "kkt"
        solver = default_solver(self.loss, self.stop) if self.solver is None else self.solver
        # The sweeps end by Newton's method, at W to the last digits and not only to the residual.
        finish = {"finish": "newton"} if by_kkt and solver == "coordinate_descent" else {}
        tol = 1e-4 if self.tol is None and not by_kkt else self.tol
        fits = fit(
            data,
            n_components,
            n_starts=self.n_starts,
            seed=self.seed,
            init=self.init,
            solver=solver,
            tol=tol,
            max_iter=(20000 if by_kkt else 200) if self.max_iter is None else self.max_iter,
            alpha_W=self.alpha_W,
            alpha_H=self.alpha_H,
            l1_ratio=self.l1_ratio,
            loss=self.loss,
            stop=self.stop,
            solver_options=finish,
        )
        return Study.of(data, fits).results[0]

    def _chosen(self, data):
        """The result with the number of components that the data speak for."""
        shape, results = data.X.shape, {}
        numbers = [k for k in FIRST_NUMBERS if k < min(shape)]
        while numbers:
            results |= {k: self._result(data, k) for k in numbers}
            evidence = evidence_over_k(data.X, list(results))
            carrier = next(iter(results.values())).dominance
            self.advice_ = advise([r.candidate for r in results.values()], evidence, carrier)
            tried, numbers = max(results), []
            if (self.advice_.code, self.advice_.n_components) == ("at_least", tried):
                numbers = next_numbers(results, shape, _LARGEST_K)
        k = self.advice_.n_components if results else 1
        if k is None:
            raise RequestError(
                f"n_components is 'auto' and the data do not tell ({self.advice_.code}); possible: "
                "an integer"
            )
        return results[k] if k in results else self._result(data, k)
