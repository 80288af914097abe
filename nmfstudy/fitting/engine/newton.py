"""Newton's method on one start, one factor eliminated: from near a minimum to its very end.

A step solves for both factors on the entries that are free; entries that would fall below zero
become zero, exactly. It is damped while the objective is not what its model says, and directions
of negative curvature are followed, which is how saddles are left. On a continuum of minima, where
the gradient is zero to rounding, no step is made along it.

Layout as in `entries`; W is the factor that is eliminated.
"""

from collections import namedtuple

import numpy as np

from nmfstudy.fitting.engine.entries import SIDE_H, SIDE_W
from nmfstudy.fitting.engine.reduced import FLAT, Reduced
from nmfstudy.util.streams import stream

MOST_PRODUCTS = 200  # with the reduced Hessian, in a step; twice its size is enough
ROUGH, FINE = 0.1, 1e-2  # fall of the residual in a solve, far from a minimum and at it
LEAST_DAMPING, MOST_DAMPING, MOST_GROWTH = 1e-8, 1e8, 64.0
ROUNDING = 1e-14
CLOSER = 0.5  # by which the step must shrink while the residual is met, else rounding rules
LEAST_CURVATURE = 1e-12  # of the loss's own, up to which a direction counts as flat
SOLVES = 6  # for the smallest curvature
SURE = 0.1  # relative change of the smallest curvature that ends its search
SADDLE = 1e-7  # curvature, of the loss's own, that is negative beyond what is left of the gradient
ESCAPING = 1e-4  # KKT residual below which a huge term is no accident on the way
MOST_ESCAPES = 5
MOST_ROUNDS = 4  # of a step, in each of which more entries are fixed at zero

# What is minimised: `Entries`, ``l1_W, l2_W, l1_H, l2_H``, and the units of the KKT residual; of
# length, ``‖X‖``; of the objective, ``‖X‖²`` or, under Kullback–Leibler, the sum of X; of
# curvature. Terms larger than ``most``, in units of length, are on their way to infinity.
NewtonProblem = namedtuple("NewtonProblem", "data prices units most")


class State:
    """What is carried from slice to slice of a start."""

    def __init__(self):
        self.damping, self.growth, self.escapes = 1e-2, 2.0, 0
        self.step, self.curvature, self.last_step = np.inf, np.nan, np.inf

    def adapt(self, gain, share):
        """Choose the damping of the next step from what came of the last one."""
        mu, more = self.damping, max(2.0 * self.damping, LEAST_DAMPING)
        if share < 1.0:  # cut short, or to nothing
            mu = max(self.growth * mu, LEAST_DAMPING)
            self.growth = min(2.0 * self.growth, MOST_GROWTH)
        else:
            self.growth = 2.0
            if gain > 0.75:
                mu = 0.1 * mu if mu > 1e-9 else 0.0
            elif gain > 0.4:
                mu *= 0.5
            elif gain < 0.1:
                mu = more
        self.damping = min(mu, MOST_DAMPING)


def squares(A, B=None):
    """``⟨a_r, b_r⟩`` by component."""
    return np.einsum("rj,rj->r", A, A if B is None else B)


class Norms:
    """The squared norms of components, and lengths that they define."""

    def __init__(self, W, H):
        self.W, self.H, self.w, self.h = W, H, squares(W), squares(H)
        self.alive = (self.w > 0) & (self.h > 0)

    @property
    def largest(self):
        """The norm of the largest term."""
        return float(np.sqrt((self.w * self.h).max()))

    def in_terms(self, dW, dH):
        """``sqrt(Σ_r ‖dw_r h_rᵀ + w_r dh_rᵀ‖²)``: how far a small step moves the terms."""
        mixed = squares(self.W, dW) * squares(self.H, dH)
        parts = squares(dW) * self.h + squares(dH) * self.w + 2.0 * mixed
        return float(np.sqrt(np.maximum(parts, 0.0).sum()))

    def metric(self, dW, dH, scale):
        """``scale`` times the metric of the terms applied to a step, half the slope of its size."""
        w, h = scale * self.w[:, None], scale * self.h[:, None]
        p, q = (scale * squares(F, dF)[:, None] for F, dF in ((self.W, dW), (self.H, dH)))
        return h * dW + q * self.W, w * dH + p * self.H

    def slopes(self, GW, GH):
        """The KKT residual before its unit, and the gradient's length in the metric of the terms.

        Of the gradient where it may be followed; the latter is an upper bound.
        """
        a, b = (
            squares(np.where((F > 0) | (G < 0), G, 0.0)) for F, G in ((self.W, GW), (self.H, GH))
        )
        w, h = np.where(self.alive, self.w, 1.0), np.where(self.alive, self.h, 1.0)
        c = np.sqrt(h / w)
        return float(np.sqrt((a / c + b * c).sum())), float(
            np.sqrt((a / h + b / w)[self.alive].sum())
        )


class Start:
    """One start on its way: its factors, moved in place, and the step that is looked at."""

    def __init__(self, task, W, H):
        self.task, self.W, self.H = task, W, H
        self.fixed_scale = not task.prices.any()
        self.most = min(MOST_PRODUCTS, 2 * H.size)
        self.system = self.dW = self.D = None

    def value(self):
        """Loss and penalty."""
        l1_W, l2_W, l1_H, l2_H = self.task.prices
        total, W, H = self.task.data.loss(self.W, self.H), self.W, self.H
        if self.fixed_scale:
            return total
        return float(
            total + l1_W * W.sum() + 0.5 * l2_W * np.vdot(W, W)
            + l1_H * H.sum() + 0.5 * l2_H * np.vdot(H, H)
        )  # fmt: skip

    def rounding(self, f):
        """Error of the objective f."""
        size = self.task.units[2]
        if self.task.data.background > 0:
            return ROUNDING * (f + size)
        return ROUNDING * (f + np.sqrt(2.0 * f * size))

    def sweep_W(self):
        """A Newton step in every row of W, H fixed."""
        self.task.data.sweep(SIDE_W, self.W, self.H, *self.task.prices[:2])

    def sweep_H(self):
        """A Newton step in every column of H, W fixed."""
        self.task.data.sweep(SIDE_H, self.W, self.H, *self.task.prices[2:])

    def rebalance(self):
        """Give both sides of every live component the same norm."""
        w, h = squares(self.W), squares(self.H)
        alive = (w > 0) & (h > 0)
        c = np.where(alive, (np.where(alive, h, 1.0) / np.where(alive, w, 1.0)) ** 0.25, 1.0)
        self.W *= c[:, None]
        self.H /= c[:, None]

    def look(self, only_positive):
        """Linearise both factors; the norms there."""
        data, W, H, (l1_W, l2_W, l1_H, l2_H) = self.task.data, self.W, self.H, self.task.prices
        slopes = data.slopes(W, H)
        of_W = data.local(slopes, SIDE_W, W, H, l1_W, l2_W, only_positive)
        of_H = data.local(slopes, SIDE_H, H, W, l1_H, l2_H, only_positive)
        self.system = Reduced(data, slopes, W, H, of_W, of_H, l2_H, self.fixed_scale)
        return Norms(W, H)

    def newton(self, mu, eta):
        """Look for the Newton step on entries that are free and stay so; the others go to zero.

        Those come first that a step in them alone would take below zero.
        """
        of_W, of_H, H = self.system.of_W, self.system.of_H, self.H
        g, D = of_H.gradient, np.zeros_like(H)
        stop = (H > 0) & (g > 0) & (H * of_H.block.diagonal(axis1=1, axis2=2).T <= g)
        for _ in range(MOST_ROUNDS):
            if stop.any():
                D[stop] = -H[stop]
                of_H.free[stop.T] = False
                self.system.prepare()
            self.dW, D, *_ = self.system.solve(of_W.gradient, g, D, mu, eta, self.most)
            stop = of_H.free.T & (H + D < 0.0)
            if not stop.any():
                break
        self.D = D

    def flattest(self, norms):
        """The smallest curvature on positive entries, in the metric of the terms.

        Inverse iteration, ended by the first direction that has none; that direction is left in
        ``dW, D``. Returns an upper bound that is close unless several directions are equally
        flat. What is linearised belongs to this point, with positive entries only as free ones.
        """
        noise, nothing = stream(0, "flattest"), np.zeros_like(self.H)
        self.D, self.dW = (F * (noise.random(F.shape) - 0.5) for F in (self.H, self.W))
        least = np.inf
        for _ in range(SOLVES):
            length = norms.in_terms(self.dW, self.D)
            if not length > 0.0:
                return least
            b_W, b_H = norms.metric(self.dW, self.D, -1.0 / length)
            self.dW, self.D, product, p, curvature = self.system.solve(
                b_W, b_H, nothing, 0.0, 0.1, self.most
            )
            flat = curvature <= FLAT
            if flat:
                b_W, self.D = np.zeros_like(b_W), p
                self.dW, product = self.system.times(b_W, p)
            length = norms.in_terms(self.dW, self.D)
            new = np.vdot(self.D, product) - np.vdot(self.dW, b_W)
            new = new / length**2 if length > 0.0 else 0.0
            if flat or new >= (1.0 - SURE) * least:
                return min(new, least)
            least = new
        return least

    def move(self, W0, H0, share):
        """To ``share`` of the step from (W0, H0), no entry below zero; whether any is cut off."""
        cut = False
        for F, F0, dF in ((self.W, W0, self.dW), (self.H, H0, self.D)):
            np.multiply(dF, share, out=F)
            F += F0
            cut |= bool((F < 0.0).any())
            np.maximum(F, 0.0, out=F)
        return cut


def finish(task, W, H, tol, n_iter, last, state):
    """Newton steps in place until number ``last``, or until the start has arrived.

    It has when the KKT residual is at most ``tol`` and so is the distance to the minimum, in the
    metric of the terms and in units of ``‖X‖``, by the gradient and the smallest curvature; where
    there is none, when the gradient is zero to rounding. Or else when steps shrink no more.

    Parameters
    ----------
    task : NewtonProblem
    W, H : arrays of shape (k, n_samples), (k, n_features)
    tol : float
    n_iter, last : int
    state : State

    Returns
    -------
    n_iter : int
    met : bool
        Also when there is nothing left that would help.
    """
    start, units = Start(task, W, H), task.units
    f = start.value()
    while True:
        if start.fixed_scale:
            start.rebalance()
        norms = start.look(False)
        g_W, g_H = start.system.of_W.gradient, start.system.of_H.gradient
        kkt, length = norms.slopes(g_W, g_H)
        kkt /= units[0]
        away = kkt <= ESCAPING and norms.largest > task.most * units[1]
        if away or not np.isfinite(kkt):
            return n_iter, True
        arrived, saddle = kkt <= tol, False
        start.newton(state.damping, FINE if arrived else min(ROUGH, np.sqrt(kkt)))
        step = norms.in_terms(start.dW, start.D) / units[1]
        predicted = -0.5 * (np.vdot(start.D, g_H) + np.vdot(start.dW, g_W))
        share, shorter, shortest = 1.0, 0.25, 0.02
        slack = start.rounding(f)
        silent = arrived and (predicted <= slack or step <= tol)
        if silent and state.damping > 0:
            state.damping = 0.0  # The step is to be that of Newton.
            continue
        if silent:
            newton = start.dW, start.D
            norms = start.look(True)
            least = start.flattest(norms)
            state.curvature = least / units[3]
            saddle = state.curvature < -SADDLE and state.escapes < MOST_ESCAPES
            flat = not state.curvature > LEAST_CURVATURE
            state.step = step if flat else length / (least * units[1])
            if not saddle:
                if flat or state.step <= tol or step > CLOSER * state.last_step:
                    return n_iter, True
                start.dW, start.D = newton
        if n_iter >= last:
            return n_iter, False
        n_iter += 1
        state.last_step = step if silent and not saddle else np.inf
        if saddle:
            state.escapes += 1
            share = 0.1 * units[1] / norms.in_terms(start.dW, start.D)
            shorter, shortest, slack = -0.5, 1e-6, 0.0
        W0, H0 = W.copy(), H.copy()
        new, shortest = np.inf, shortest * share
        while not new <= f + slack and abs(share) > shortest:
            if start.move(W0, H0, share) or saddle or state.damping > 0:
                start.sweep_W()  # W follows.
            new = start.value()
            share *= 1.0 if new <= f + slack else shorter
        if new <= f + slack:
            if not saddle:
                gain = (f - new) / predicted if predicted > slack else 1.0
                state.adapt(gain, share)
            f = new
            if share < 1.0 and not saddle:  # Entries are in the way: let them find their zeros.
                start.sweep_H()
                start.sweep_W()
                f = start.value()
            continue
        W[:], H[:] = W0, H0
        if silent:
            return n_iter, True
        state.adapt(0.0, 0.0)
        for _ in range(2):
            start.sweep_H()
            start.sweep_W()
        f = start.value()


def alternate(task, W, H, n_iter, last):
    """Row-wise Newton sweeps over both factors until number ``last``."""
    start = Start(task, W, H)
    for _ in range(n_iter, last):
        start.sweep_W()
        start.sweep_H()
    return max(n_iter, last)
