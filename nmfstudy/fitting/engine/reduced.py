"""The Hessian with one factor eliminated, and what is solved with it.

The Hessian has a block per row of W (A_i), one per column of H (C_j), and couplings B between
them. Eliminating W row by row leaves ``S = C − Bᵀ A⁻¹ B`` on H, never formed: a product takes a
few passes over the stored entries. Systems are solved by conjugate gradients with the blocks C_j
as preconditioner. Layout as in `entries`.
"""

import numpy as np

from nmfstudy.fitting.engine.entries import SIDE_H, SIDE_W
from nmfstudy.fitting.engine.rows import solve_rows, times_blocks

FLAT = 1e-13  # curvature below this share of the preconditioner's is rounding


class Reduced:
    """The system at a point.

    Parameters
    ----------
    data : Entries
    slopes : Slopes
    W, H : arrays of shape (k, n_samples), (k, n_features)
    of_W, of_H : Local
        Their free entries are those that are solved for.
    l2 : float
        The ridge price of H.
    fixed_scale : bool
        Whether the scale of components is no variable, so that nothing moves along ``h_r``.
    """

    def __init__(self, data, slopes, W, H, of_W, of_H, l2, fixed_scale):
        self.data, self.slopes, self.W, self.H = data, slopes, W, H
        self.of_W, self.of_H, self.l2, self.fixed_scale = of_W, of_H, l2, fixed_scale
        self.prepare()

    def prepare(self):
        """Take note of which entries are free now."""
        self.of_W.factorize()
        self.of_H.factorize()
        along = self.H * self.of_H.free.T
        size = np.sqrt(np.einsum("rj,rj->r", along, along))
        self.along = along / np.where(size > 0, size, 1.0)[:, None]

    def times(self, b_W, E):
        """``dW = −A⁻¹(b_W + B E)`` and ``C E + Bᵀ dW``, which is ``S E`` where b_W is zero."""
        data, (_, t, q), W, H = self.data, self.slopes, self.W, self.H
        background, uniform = data.background, data.uniform
        dW, u = np.empty_like(W), data.sums(t, E, SIDE_W) - b_W
        if not data.kullback:
            K = E @ H.T
            u -= (uniform * K.T + background * K) @ W
        elif background:
            u -= E.sum(axis=1)[:, None]
        if q is not None:
            y = data.product(W, E)
            u -= data.sums(q * y, H, SIDE_W)
        solve_rows(self.of_W.factor, self.of_W.free, u, dW)
        out = np.zeros_like(H)
        if not data.kullback:
            N = W @ dW.T
            out = uniform * (W @ W.T) @ E + (uniform * N + background * N.T) @ H
        elif background:
            out += dW.sum(axis=1)[:, None]
        if q is not None:
            y += data.product(dW, H)
            out += data.sums(q * y, W, SIDE_H)
        out -= data.sums(t, dW, SIDE_H)
        out += self.l2 * E
        return dW, out

    def restrict(self, R):
        """Zero, in place, what is not free, and what lies along ``h_r`` if scale is fixed."""
        R *= self.of_H.free.T
        if self.fixed_scale:
            R -= np.einsum("rj,rj->r", R, self.along)[:, None] * self.along
        return R

    def precondition(self, R):
        """``C⁻¹ R``, block by block."""
        Z = np.empty_like(R)
        solve_rows(self.of_H.factor, self.of_H.free, R, Z)
        return self.restrict(Z)

    def solve(self, b_W, b_H, D, mu, eta, most):
        """Solve ``Hessian (dW, D) = −(b_W, b_H)`` on the free entries, from D on.

        ``mu`` times the blocks is added to S. Stops when the preconditioned residual has fallen
        by ``eta``, after ``most`` products, or at a direction p without curvature.

        Returns
        -------
        dW, D : arrays
        product : array
            H's part of the Hessian's product with the solution; W's is ``−b_W``.
        p : array
        curvature : float
            Of the last direction p, in units of its blocks'.
        """
        none, blocks = np.zeros_like(b_W), np.empty_like(D)
        D, curvature = D.copy(), 1.0
        R = self.restrict(-b_H - self.times(b_W, D)[1])
        p = self.precondition(R)
        rz = np.vdot(R, p)
        enough, n = eta * eta * rz, 0
        while n < most and rz > enough:
            n += 1
            Ap = self.times(none, p)[1]
            times_blocks(self.of_H.block, self.of_H.free, p, blocks)
            if mu > 0:
                Ap += mu * blocks
            self.restrict(Ap)
            curve = np.vdot(p, Ap)
            curvature = curve / np.vdot(p, blocks)
            if not curvature > FLAT:
                if n == 1:
                    D += p / (1.0 + mu)
                break
            D += rz / curve * p
            R -= rz / curve * Ap
            Z = self.precondition(R)
            new = np.vdot(R, Z)
            p, rz = Z + new / rz * p, new
        dW, product = self.times(b_W, D)
        return dW, D, product, p, float(curvature)
