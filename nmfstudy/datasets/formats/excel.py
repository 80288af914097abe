"""Excel workbooks, by openpyxl: the first sheet, or the one that is named."""

import zipfile
from datetime import date, time

from nmfstudy.datasets.files import foreign, needs, printable_path, refuse_larger
from nmfstudy.datasets.formats.grid import GRID_OPTIONS, GridOptions, read_grid
from nmfstudy.util.errors import RequestError, short

FORMAT = "excel"
ENDINGS = (".xlsx", ".xlsm")
OPTIONS = (*GRID_OPTIONS, "part")


def read(path, *, part=None, **options):
    """Read the table of a sheet; ``part`` is its name."""
    options, show = GridOptions.of(**options), printable_path(path)
    openpyxl = needs("openpyxl", "files", path)
    with foreign(path), path.open("rb") as stream:
        if not zipfile.is_zipfile(path):
            raise RequestError(f"{show} is not an Excel workbook, whatever its name says")
        with zipfile.ZipFile(path) as archive:
            refuse_larger(sum(member.file_size for member in archive.infolist()), path)
        book = openpyxl.load_workbook(stream, read_only=True, data_only=True, keep_links=False)
        try:
            sheets = {sheet.title: sheet for sheet in book.worksheets}
            if part is not None and part not in sheets:
                names = ", ".join(map(short, sheets))
                raise RequestError(f"{show} has no sheet {short(part)}; possible: {names}")
            sheet = sheets[part] if part is not None else book.worksheets[0]
            table = read_grid(_rows(sheet), show, options, guessing=False)
        finally:
            book.close()
    if part is None and len(sheets) > 1:
        others = ", ".join(map(short, sheets))
        table = table.noting(f"The first of the sheets {others} was read; others: dataset.part=.")
    return table


def _rows(sheet):
    """Number and cells of every row that is not blank, as text."""
    for line, row in enumerate(sheet.iter_rows(values_only=True), start=1):
        cells = [_text(value) for value in row]
        if any(map(str.strip, cells)):
            yield line, cells


def _text(value):
    if isinstance(value, date | time):
        return value.isoformat()
    return "" if value is None else str(value)
