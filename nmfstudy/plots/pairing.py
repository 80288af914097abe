"""What one holds: two factorizations of one matrix, to be matched component by component."""

import numpy as np

from nmfstudy.model.factorization import as_factorization
from nmfstudy.model.matching import match, pad
from nmfstudy.plots import style
from nmfstudy.plots.factors import image_shape, plot_image, plot_matrix

_MOST = 6  # components drawn
_TITLE_WIDTH = 4.6  # inches that the longest title takes


def plot_matching(a, b, *, names=("one start", "another"), column_names=None, figure=None):
    """H of two factorizations as they came, and the second one matched to the first.

    Parameters
    ----------
    a, b : Factorization or (W, H)
    names : (str, str)
    column_names : sequence of str, optional
        If they are pixels, components are drawn as images.
    figure : Figure, optional

    Returns
    -------
    list of Axes
    """
    panels = matched_panels(a, b, names)
    k, shape = min(panels[0][1].shape[0], _MOST), image_shape(column_names)
    figure = style.new_axes(*matching_size(k, column_names)).figure if figure is None else figure
    figure.clear()
    figure.set_layout_engine("constrained", w_pad=0.06, h_pad=0.08)
    if shape is None:
        axes = list(figure.subplots(3, 1))
        for i, (ax, (title, H, order)) in enumerate(zip(axes, panels, strict=True)):
            plot_matrix(
                H[:k], row_names=[f"component {r}" for r in order[:k]], colour=style.OF_H,
                column_names=column_names if i == 0 else None, title=title, ax=ax,
            )  # fmt: skip
            if i:
                ax.set_xticks([])
        return axes
    figure.patch.set_alpha(0.0)
    parts = figure.subfigures(3, 1)
    axes = []
    for part, (title, H, order) in zip(parts, panels, strict=True):
        part.set_facecolor("none")
        part.suptitle(title, color=style.INK, fontsize=style.TITLE, x=0.01, ha="left")
        for r, ax in enumerate(part.subplots(1, k, squeeze=False)[0]):
            axes.append(plot_image(H[r], shape, title=f"component {order[r]}", ax=ax))
    return axes


def matched_panels(a, b, names):
    """What the three rows of `plot_matching` show: title, H and the components' numbers.

    The first two have the scale they came with; in the last the second factorization has order
    and scale of the first, so that what still differs is a difference.
    """
    a, b = as_factorization(a), as_factorization(b)
    order, _ = match(a, b)
    a, matched = pad(a, order.size), pad(b, order.size).permute(order)
    own, other = np.linalg.norm(a.H, axis=1), np.linalg.norm(matched.H, axis=1)
    scale = np.divide(own, other, out=np.ones_like(own), where=other > 0)
    return (
        (f"{names[0]}, as it came", a.H, np.arange(a.n_components) + 1),
        (f"{names[1]}, as it came", b.H, np.arange(b.n_components) + 1),
        (
            f"{names[1]}, in the order and scale of {names[0]}",
            matched.H * scale[:, None],
            order + 1,
        ),
    )


def matching_size(n_components, column_names=None):
    """Inches that `plot_matching` needs."""
    k = min(n_components, _MOST)
    if image_shape(column_names) is not None:
        return min(max(1.4 * k + 0.4, _TITLE_WIDTH), 8.4), 3 * (min(1.4, 8.0 / k) + 0.55)
    return 7.0, 1.2 + 3 * (0.45 + 0.33 * k)
