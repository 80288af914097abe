"""The documentation site: ``make docs`` builds it into ``docs/_build/html``, without a network."""

import sys
from pathlib import Path

import matplotlib as mpl

import nmfstudy

sys.path.insert(0, str(Path(__file__).parent / "sphinx"))
mpl.use("agg")

project, author = "nmfstudy", "The nmfstudy authors"
project_copyright = "The nmfstudy authors, MIT licence"
version = release = nmfstudy.__version__
repository = "https://github.com/nmfstudy/nmfstudy"

extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "numpydoc",
    "myst_parser",
    "sphinx_gallery.gen_gallery",
    "mathml",  # the rest are modules in sphinx/
    "generated_reference",
    "repository_links",
]
templates_path = ["templates"]
exclude_patterns = ["_build", "paper", "gallery", "templates", "auto_gallery/**/*.ipynb"]
nitpicky = True
default_role = "py:obj"  # a name in backticks is a link where it has a page, else code
nitpick_ignore_regex = [("py:obj", ".*")]
suppress_warnings = ["config.cache"]  # the gallery's settings hold functions

myst_enable_extensions = ["dollarmath", "colon_fence", "attrs_inline"]
myst_heading_anchors = 3
html_math_renderer = "mathml"

autosummary_generate = True
autodoc_typehints = "none"  # types and shapes stand in the docstrings
numpydoc_show_class_members = False
numpydoc_class_members_toctree = False

sphinx_gallery_conf = {
    "examples_dirs": "gallery",
    "gallery_dirs": "auto_gallery",
    "filename_pattern": r"\.py$",
    "within_subsection_order": "FileNameSortKey",
    "subsection_order": ["gallery/concepts", "gallery/checks", "gallery/proofs", "gallery/fields"],
    "matplotlib_animations": False,
    "min_reported_time": 1e9,  # how long a script took is no news
    "write_computation_times": False,
    "show_memory": False,
    "show_signature": False,
    "download_all_examples": False,
    "remove_config_comments": True,
    "image_scrapers": ("house_figures.scrape",),
    "reset_modules": (),
}

html_theme = "pydata_sphinx_theme"
html_title = "nmfstudy"
html_static_path = ["static"]
html_css_files = ["site.css"]
html_show_sourcelink = False
html_copy_source = False
html_sidebars = {"**": ["sidebar-nav-bs"], "index": [], "getting_started": []}
html_theme_options = {
    "github_url": repository,
    "show_toc_level": 2,
    "navigation_with_keys": False,
    "show_prev_next": True,
    "secondary_sidebar_items": ["page-toc"],
    "navbar_align": "left",
    "header_links_before_dropdown": 6,
    "footer_start": ["copyright"],
    "footer_end": [],
    "pygments_light_style": "a11y-high-contrast-light",
    "pygments_dark_style": "a11y-high-contrast-dark",
}
