"""Formulas as MathML, which browsers draw by themselves: no script is loaded from elsewhere."""

from docutils import nodes
from docutils.utils.math import MathError
from docutils.utils.math.latex2mathml import tex2mathml
from docutils.utils.math.unichar2tex import uni2tex_table as AS_TEX
from sphinx.util import logging

_log = logging.getLogger(__name__)


def _mathml(node, **options):
    try:
        return tex2mathml(node.astext().translate(AS_TEX), **options)
    except MathError as error:
        _log.warning("%s cannot be drawn (%s)", node.astext(), error, location=node)
        return ""


def _inline(translator, node):
    translator.body.append(_mathml(node))
    raise nodes.SkipNode


def _block(translator, node):
    translator.body.append(f'<div class="formula">{_mathml(node, as_block=True)}</div>\n')
    raise nodes.SkipNode


def setup(app):
    """Register the renderer, which ``html_math_renderer`` chooses."""
    app.add_html_math_renderer("mathml", (_inline, None), (_block, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
