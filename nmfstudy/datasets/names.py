"""Names of rows or columns from a file of their own, one a line."""

from collections import Counter
from pathlib import Path

from nmfstudy.datasets.files import is_text, open_unpacked, printable_path, reason
from nmfstudy.util.errors import RequestError, short


def read_names(path):
    """Names from a text file, packed or not: a line each, up to the first tab.

    Where a second cell follows it is taken, as a gene's symbol after its identifier; those that
    several lines share keep both.

    Parameters
    ----------
    path : str or path-like

    Returns
    -------
    tuple of str

    Raises
    ------
    RequestError
        If the file cannot be read as text.
    """
    if not isinstance(path, str | Path) or not str(path):
        raise RequestError(f"the file of names is {short(path)}; possible: the path of a file")
    path = Path(path).expanduser()
    show = printable_path(path)
    try:
        if not path.is_file():
            raise RequestError(f"{show} is no file; possible: a text file with a name a line")
        if not is_text(path):
            raise RequestError(f"{show} is not a text file; possible: a name a line")
        with open_unpacked(path) as stream:
            lines = stream.read().decode("utf-8-sig").splitlines()
    except (EOFError, OSError, ValueError) as error:
        if isinstance(error, RequestError):
            raise
        raise RequestError(f"{show} cannot be read as names ({reason(error)})") from None
    cells = [[cell.strip() for cell in line.split("\t")] for line in lines if line.strip()]
    symbols = [row[1] if len(row) > 1 and row[1] else row[0] for row in cells]
    often = Counter(symbols)
    return tuple(
        f"{symbol} ({row[0]})" if often[symbol] > 1 and len(row) > 1 else symbol
        for symbol, row in zip(symbols, cells, strict=True)
    )
