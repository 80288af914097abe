"""From near a minimum to its very end by Newton's method, for every solver.

`Finish` brings factors into the layout of its kernels, scaled so that data are of the size of
one, and makes Newton steps until a start has arrived: its KKT residual and its distance to the
minimum are at most the tolerance. Where rounding leaves more open than that, it ends as near as
it gets, and the step says how near that is.
"""

from typing import NamedTuple

import numpy as np

from nmfstudy.model.objective import data_norm, kkt_unit, loss_value, n_entries, squared_norm
from nmfstudy.model.penalties import ElementwisePenalty
from nmfstudy.model.weighted import Weighted, is_sparse, stored

_SLICE_FLOPS = 3e8  # work between two looks at the clock
_PRODUCTS = 40  # with the Hessian, in a typical step
_NEARLY = 0.9  # of the tolerance, so that another order of summation does not exceed it
UNBOUNDED = 1e4  # times ``‖X‖``: a term that large is on its way to infinity
_LIFT = 1e-6  # of a factor's mean: what zeros become that leave data unexplained


class Arrival(NamedTuple):
    """Factors of one start and where they lie.

    ``min_curvature`` is the smallest second derivative of the objective along directions that
    keep zeros, per squared distance that the terms move and in units of the loss's own: zero on
    a continuum, negative at a saddle. ``step`` bounds the distance to the minimum, up to terms
    of second order and in units of ``‖X‖``: the gradient over the smallest curvature, or the
    length of the next Newton step where that is zero.
    """

    W: np.ndarray
    H: np.ndarray
    n_iter: int
    met: bool
    step: float
    min_curvature: float


def has_finish(problem):
    """Whether the objective of a problem is smooth on the factors' orthant, and has minima."""
    smooth = isinstance(problem.penalty, ElementwisePenalty) and problem.loss != "itakura-saito"
    return smooth and not problem.penalty.one_sided


class Finish:
    """The data of a problem, laid out by rows and by columns for Newton's method.

    Parameters
    ----------
    X : array, csr_array or Weighted of shape (n_samples, n_features)
    problem : Problem
        One that `has_finish`.
    """

    def __init__(self, X, problem):
        from nmfstudy.fitting.engine.entries import DenseEntries, SparseEntries

        self.flip = X.shape[1] > X.shape[0]  # The longer factor is the one that is eliminated.
        X = X.T if self.flip else X
        self.X, self.loss = X, problem.loss
        frobenius, weight = problem.loss == "frobenius", 1.0
        # Powers of four, so that factors scale without rounding.
        if isinstance(X, Weighted):
            self.scale, weight = _power_of_four(X.mean()), _power_of_four(X.mean_weight)
            X = X.scaled(self.scale, weight)
        else:
            self.scale = _power_of_four(X.sum() / X.shape[0] / X.shape[1])
            X = X / self.scale
        self.most = UNBOUNDED if isinstance(X, Weighted) else np.inf
        self.entries = (SparseEntries if is_sparse(X) else DenseEntries)(X, not frobenius)
        x, v, _ = stored(X)
        total = float(x.sum() if v is None else (v * x).sum())
        mean_weight = X.mean_weight if isinstance(X, Weighted) else 1.0
        self.units = np.array([
            kkt_unit(X, problem.loss), data_norm(X), squared_norm(X) if frobenius else total,
            mean_weight if frobenius else mean_weight**2 * n_entries(X) / total,
        ])  # fmt: skip
        l1_W, l2_W, l1_H, l2_H = problem.penalty.weights(*(X.shape[::-1] if self.flip else X.shape))
        if self.flip:
            l1_W, l2_W, l1_H, l2_H = l1_H, l2_H, l1_W, l2_W
        unit = weight * (self.scale**2 if frobenius else self.scale)  # of the objective
        root = np.sqrt(self.scale)
        self.prices = np.array([l1_W * root, l2_W * self.scale, l1_H * root, l2_H * self.scale])
        self.prices /= unit
        flops = _PRODUCTS * 8 * self.entries.x.size * problem.n_components
        self.slice = max(1, int(_SLICE_FLOPS / flops))

    def __call__(self, W, H, tol, first, last, go_on=lambda: True, sweeps=0):
        """Make Newton steps from number ``first`` on, at most to number ``last``.

        Parameters
        ----------
        W, H : arrays of shape (n_samples, n_components), (n_components, n_features)
        tol : float
        first, last : int
        go_on : callable
            The work is given up when it turns false.
        sweeps : int
            Row-wise Newton sweeps before, which count as steps.

        Returns
        -------
        Arrival
        """
        from nmfstudy.fitting.engine import newton

        if self.flip:
            W, H = H.T, W.T
        W, H = (np.array(factor, order="C") / np.sqrt(self.scale) for factor in (W.T, H))
        task = newton.NewtonProblem(self.entries, self.prices, self.units, self.most)
        state, n, met = newton.State(), first, False
        end = min(first + sweeps, last)
        while n < end and go_on():
            n = newton.alternate(task, W, H, n, min(n + 10 * self.slice, end))
        while not met and go_on():
            stop = min(n + self.slice, last)
            n, met = newton.finish(task, W, H, _NEARLY * tol, n, stop, state)
            if n >= last:
                break
        W, H = np.sqrt(self.scale) * W.T, np.sqrt(self.scale) * H
        if self.flip:
            W, H = H.T, W.T
        W, H = np.ascontiguousarray(W), np.ascontiguousarray(H)
        step, curvature = (state.step, state.curvature) if met else (np.nan, np.nan)
        return Arrival(W, H, n, met, step, curvature)

    def covered(self, W, H):
        """The factors with zeros lifted, if under Kullback–Leibler WH is zero where X is not."""
        X = self.X.T if self.flip else self.X
        if np.isfinite(loss_value(X, W, H, self.loss)):
            return W, H
        return tuple(np.where(F > 0, F, _LIFT * F.mean() + np.finfo(float).tiny) for F in (W, H))


def _power_of_four(size):
    return 4.0 ** np.round(0.5 * np.log2(size))
