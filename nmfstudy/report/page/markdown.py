"""A page as Markdown: the same words and tables, with pictures as files."""

import re

from nmfstudy.report.page.page import OPENINGS

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~$])")


def text(value):
    """Text of any origin as Markdown that shows exactly it, on one line."""
    return _SPECIAL.sub(r"\\\1", " ".join(str(value).split()))


def render(page):
    """The whole report as Markdown."""
    parts = [f"# {text(page.title)}", *_paragraph(page.headline)]
    for section in page.sections:
        parts.extend(_section(section, 2))
    return "\n\n".join(parts) + "\n"


def _section(section, level):
    badge = f" ({text(section.badge.text)})" if section.badge else ""
    yield f'<a id="{section.id}"></a>\n\n{"#" * level} {text(section.title)}{badge}'
    yield from _blocks(section.blocks)
    for inner in section.sections:
        yield from _section(inner, level + 1)


def _blocks(blocks):
    for block in blocks:
        yield from _WRITERS[block.kind](block)


def _paragraph(block):
    links = "".join(f" [{text(words)}](#{target})" for words, target in block.links)
    if block.role in ("lead", "headline"):
        yield f"**{text(block.text)}**{links}"
    elif block.role == "error":
        yield f"> **Error.** {text(block.text)}"
    else:
        opening = OPENINGS.get(block.role)
        yield (f"*{opening}* " if opening else "") + text(block.text) + links


def _table(block):
    if block.id:
        yield f'<a id="{block.id}"></a>'
    if block.title:
        yield f"*{text(block.title)}*"
    head = "| " + " | ".join(map(text, block.headers)) + " |"
    rule = "|" + "|".join("---:" if n else "---" for n in block.numeric) + "|"
    rows = ["| " + " | ".join(_cell(c) for c in row) + " |" for row in block.rows]
    yield "\n".join([head, rule, *rows])
    if block.file:
        rest = f"{block.left_out:,} more rows in " if block.left_out else "All digits: "
        yield f"{rest}[{text(block.file)}]({block.file})"


def _cell(cell):
    return f"[{text(cell.text)}](#{cell.target})" if cell.target else text(cell.text)


def _figure(block):
    if block.picture_file:
        yield f"![{text(block.caption)}]({block.picture_file})"
    numbers = f" [Numbers]({block.files['csv']})" if "csv" in block.files else ""
    yield f"*{text(block.caption)}*{numbers}"


def _facts(block):
    yield "\n".join(f"- **{text(term)}**: {text(meaning)}" for term, meaning in block.pairs)


def _command(block):
    yield "\n".join(f"    {line}" for line in block.text.splitlines())


def _columns(block):
    for column in block.columns:
        yield from _blocks(column)


def _cards(block):
    yield "\n".join(
        f"- [{text(card.title)}](#{card.target}) {text(card.text)}" for card in block.cards
    )


def _widget(block):
    """Nothing moves in Markdown; what needs the page is said without it too."""
    yield from ()


def _details(block):
    anchor = f'<a id="{block.id}"></a>\n\n' if block.id else ""
    yield f"{anchor}**{text(block.title)}**"
    yield from _blocks(block.blocks)


_WRITERS = {
    "paragraph": _paragraph,
    "table": _table,
    "figure": _figure,
    "facts": _facts,
    "details": _details,
    "columns": _columns,
    "cards": _cards,
    "command": _command,
    "widget": _widget,
}
