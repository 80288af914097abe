"""What may be hostile: a bounded stream, and words that are safe to print."""

import gzip
import io
import re
from pathlib import Path

from nmfstudy.util.errors import RequestError

UTF16 = (b"\xff\xfe", b"\xfe\xff")
# What a file may grow to when unpacked or filled in. Real matrices, sparse ones written out
# among them, pack up to some hundred times; a bomb a thousand times and more.
_FREE = 64 * 2**20
_RATIO = 250


def printable_path(path):
    """Return a path or another text from outside printable and on one line, cut to its end."""
    text = str(path)
    text = text if text.isprintable() else ascii(text)
    return text if len(text) <= 200 else "..." + text[-197:]


def bare_name(path):
    """A file's name without folders and endings: what a dataset and a study of it are called."""
    name = Path(path).name
    return printable_name(Path(name[: -len(".gz")] if name.lower().endswith(".gz") else name).stem)


def printable_name(name):
    """Return a name on one line: blanks of all kinds as blanks, what has no sign as hyphens."""
    blanks = "".join(" " if c.isspace() else c for c in name)
    return "".join(c if c.isprintable() else "-" for c in blanks)


def largest(path):
    """How many bytes the matrix in this file may take in memory."""
    return max(_FREE, _RATIO * path.stat().st_size)


def refuse_larger(n_bytes, path):
    """Refuse a file whose header announces more than it can hold, before memory is taken."""
    if n_bytes > largest(path):
        raise RequestError(
            f"{printable_path(path)} announces {n_bytes / 1e9:.3g} GB, more than a file of "
            f"{path.stat().st_size} bytes can hold; it is damaged or hostile"
        )


class _Bounded(io.RawIOBase):
    """A stream that refuses to give more than the file can reasonably hold."""

    def __init__(self, stream, path):
        self.stream, self.path, self.given = stream, path, 0

    def readable(self):
        return True

    def readinto(self, buffer):
        block = self.stream.read(len(buffer))
        self.given += len(block)
        refuse_larger(self.given, self.path)
        buffer[: len(block)] = block
        return len(block)

    def close(self):
        self.stream.close()
        super().close()


def open_unpacked(path):
    """Open a file for reading bytes, unpacked if it is a gzip file by its content."""
    with path.open("rb") as stream:
        packed = stream.read(2) == b"\x1f\x8b"
        stream.seek(max(path.stat().st_size - 4, 0))
        announced = int.from_bytes(stream.read(4), "little")
    if packed != (path.suffix.lower() == ".gz"):
        raise RequestError(
            f"{printable_path(path)} {'is' if packed else 'is not'} a gzip file; possible: "
            f"{'an ending in .gz' if packed else 'an ending without .gz'}"
        )
    if packed:
        refuse_larger(announced, path)
    return io.BufferedReader(_Bounded(gzip.open(path), path)) if packed else path.open("rb")


def is_text(path):
    """Whether a file, unpacked, begins as text: as UTF-16, or without control characters."""
    with open_unpacked(path) as stream:
        start = stream.peek(4096)[:4096]
    return start[:2] in UTF16 or not re.search(rb"[\0-\x08\x0e-\x1f]", start)
