"""The gallery's pictures: what a script calls ``ax``, ``axes`` or ``figure`` at its end.

Figures of `nmfstudy.plots` stand outside matplotlib's global state, so they are taken by name.
"""

from sphinx_gallery.scrapers import figure_rst

from nmfstudy.plots import Illustration, style

NAMES = "ax", "axes", "figure"


def drawn_in(space):
    """The matplotlib Figure that a script ends with; None if it has not drawn yet."""
    found = next((space[name] for name in NAMES if space.get(name) is not None), None)
    if isinstance(found, Illustration):
        return found.figure()
    if isinstance(found, list):
        found = found[0]
    return found if found is None else found.get_figure(root=True)


def scrape(block, block_vars, gallery_conf):
    """Save the figure, on white, and return where it is."""
    figure = drawn_in(block_vars["example_globals"])
    if figure is None:
        return ""
    path = next(block_vars["image_path_iterator"])
    figure.patch.set(facecolor="white", alpha=1.0)
    with style.own_settings():
        figure.savefig(path, dpi=130)
    return figure_rst([path], gallery_conf["src_dir"])
