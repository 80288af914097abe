"""Run a notebook's code cells and write what they show into it: python examples/run.py FILE …

A cell's outputs are what it prints and the value of its last line, as text, and as HTML if the
value can show itself so. No server is needed, so that the test suite runs the same code.
"""

import ast
import contextlib
import io
import json
import sys
from pathlib import Path


def run(notebook):
    """The same notebook with the outputs that its code cells have now.

    Parameters
    ----------
    notebook : dict
        In the notebook format, version 4.

    Returns
    -------
    dict
    """
    namespace, cells, n = {"__name__": "__main__"}, [], 0
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            n += 1
            outputs = run_cell("".join(cell["source"]), namespace, n)
            cell = cell | {"execution_count": n, "outputs": outputs}
        cells.append(cell)
    return notebook | {"cells": cells}


def run_cell(source, namespace, count):
    """Outputs of one cell: what it printed, then its last value if it has one."""
    tree = ast.parse(source)
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    printed, value = io.StringIO(), None
    with contextlib.redirect_stdout(printed):
        exec(compile(tree, "cell", "exec"), namespace)
        if last is not None:
            value = eval(compile(ast.Expression(last.value), "cell", "eval"), namespace)
    outputs = []
    if printed.getvalue():
        text = lines(printed.getvalue())
        outputs.append({"output_type": "stream", "name": "stdout", "text": text})
    if value is not None:
        data = {"text/plain": lines(repr(value))}
        if hasattr(value, "_repr_html_"):
            data["text/html"] = lines(value._repr_html_())
        result = {"output_type": "execute_result", "execution_count": count, "metadata": {}}
        outputs.append(result | {"data": data})
    return outputs


def lines(text):
    """Text as the format has it: a list of lines."""
    return text.splitlines(keepends=True)


def texts(notebook):
    """All that the code cells print or return as text, in order."""
    for cell in notebook["cells"]:
        for output in cell.get("outputs", ()):
            yield "".join(output.get("text") or output["data"]["text/plain"])


if __name__ == "__main__":
    for name in sys.argv[1:]:
        path = Path(name)
        made = run(json.loads(path.read_text(encoding="utf-8")))
        path.write_text(json.dumps(made, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
