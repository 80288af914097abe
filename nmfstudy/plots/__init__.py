"""Figures: data in, Axes out.

``plot_…`` draws into ``ax=None`` (a whole ``figure=None`` if it has several panels) and returns
Axes, touches no global state and saves nothing. ``…_table`` makes the DataFrame that a plot draws.
``illustrate_…`` takes one problem of a study and wraps the plot with its numbers as an
`Illustration`, which shows itself in a notebook; None where there is nothing to show. Captions are
the report's: ``nmfstudy.report.captions.illustrated(illustrate_count, result)``. All plots are here
by name, imported on first use; modules are named by what one holds.

Examples
--------
>>> import nmfstudy as ns
>>> from nmfstudy import plots
>>> menu = ns.load_dataset("menu")
>>> study = ns.Study.of(menu, ns.fit(menu.X, n_components=3, n_starts=20))
>>> table = plots.count_table(study.results[0].solutions)
>>> plots.plot_count(table).get_ylabel()
'distinct solutions'
>>> plots.illustrate_count(study.results[0]).name.startswith("count-menu-k3")
True
"""

from importlib import import_module

from nmfstudy.plots.backend import import_matplotlib

import_matplotlib()

_NAMES = {
    "certified": "illustrate_zero_patterns illustrate_ambiguity polygon_table",
    "comparison": "plot_studies illustrate_studies",
    "convergence": "convergence_table plot_convergence illustrate_convergence",
    "example": "plot_pairs plot_equation plot_factor_zeros plot_panels",
    "factors": "plot_matrix plot_image plot_components",
    "fits": "objectives_table plot_objectives illustrate_objectives landscape_table plot_landscape "
    " map_table plot_map plot_maps illustrate_map norms_table plot_norms",
    "illustration": "Illustration",
    "minima": "share_table plot_shares distance_table plot_distances  tree_table plot_tree",
    "overview": "plot_k illustrate_k plot_component_ranges illustrate_component_ranges",
    "pairing": "plot_matching",
    "penalties": "plot_collapse plot_drift plot_variants plot_rescaling plot_count_curves "
    "plot_bars",
    "phases": "plot_phases plot_half_lines",
    "problems": "plot_over_k illustrate_choosing_k plot_counts plot_known_counts plot_zeros",
    "proofs": "plot_proofs",
    "product": "plot_product illustrate_product",
    "solutions": "count_table plot_count illustrate_count objective_table plot_objective_gate "
    "illustrate_objective_gate rarefaction_table plot_rarefaction",
    "trust": "trust_table plot_trust",
    "uniqueness": "plot_zero_pattern plot_rectangle plot_polygons plot_triangles band_table "
    "plot_bands",
}
_HOME = {name: module for module, names in _NAMES.items() for name in names.split()}

__all__ = sorted(_HOME)


def __getattr__(name):
    """Import a plot from its module (PEP 562)."""
    if name not in _HOME:
        raise AttributeError(f"module 'nmfstudy.plots' has no attribute {name!r}")
    value = getattr(import_module(f"nmfstudy.plots.{_HOME[name]}"), name)
    globals()[name] = value
    return value


def __dir__():
    return __all__
