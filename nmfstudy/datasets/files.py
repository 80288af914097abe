"""What may be hostile: a bounded stream, and words that are safe to print."""

import bz2
import gzip
import io
import lzma
import re
import warnings
import zipfile
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import NamedTuple

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


def _open_zip(path):
    """The one file in an archive; what macOS adds is passed over."""
    archive = zipfile.ZipFile(path)
    members = [m for m in archive.infolist() if not m.is_dir() and "__MACOSX" not in m.filename]
    if len(members) != 1:
        raise RequestError(
            f"{printable_path(path)} holds {len(members)} files; possible: one, so unpack it first"
        )
    return archive.open(members[0])


class _Packing(NamedTuple):
    """How a file is packed: its name, its first bytes, and what opens it."""

    name: str
    magic: bytes
    open: object


PACKINGS = {
    ".gz": _Packing("gzip", b"\x1f\x8b", gzip.open),
    ".bz2": _Packing("bzip2", b"BZh", bz2.open),
    ".xz": _Packing("xz", b"\xfd7zXZ\0", lzma.open),
    ".zip": _Packing("zip", b"PK\3\4", _open_zip),
}


def endings(path):
    """A file's ending and that of its packing, in small letters; empty if there is none."""
    name = Path(path).name.lower()
    packing = next((p for p in PACKINGS if name.endswith(p)), "")
    return Path(name.removesuffix(packing)).suffix, packing


def bare_name(path):
    """A file's name without folders and endings: what a dataset and a study of it are called."""
    name = Path(path).name
    return printable_name(Path(name[: len(name) - len(endings(path)[1])]).stem)


def needs(module, extra, path):
    """Import the library that reads a file, or say which extra brings it."""
    try:
        return import_module(module)
    except ImportError:
        raise RequestError(
            f"{printable_path(path)} is read by {module}, which is not installed; possible: pip "
            f"install 'nmfstudy[{extra}]'"
        ) from None


@contextmanager
def foreign(path):
    """Calls of a library: whatever it raises is about the file, and what it warns of is not."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except (MemoryError, RequestError):
        raise
    except Exception as error:
        raise RequestError(f"{printable_path(path)} cannot be read: {reason(error)}") from None


def reason(error):
    """What an error says, printable and on one line."""
    text = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return printable_path(" ".join(text.split()))[:150]


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
    """Open a file for reading bytes, unpacked if it is packed by its content and its ending."""
    ending = endings(path)[1]
    with path.open("rb") as stream:
        start = stream.read(6)
        stream.seek(max(path.stat().st_size - 4, 0))
        announced = int.from_bytes(stream.read(4), "little")
    found = next((e for e, p in PACKINGS.items() if start.startswith(p.magic)), "")
    if found != ending:
        packing = PACKINGS[found or ending]
        raise RequestError(
            f"{printable_path(path)} {'is' if found else 'is not'} a {packing.name} file; "
            f"possible: an ending {'in' if found else 'without'} {found or ending}"
        )
    if not found:
        return path.open("rb")
    if found == ".gz":
        refuse_larger(announced, path)
    return io.BufferedReader(_Bounded(PACKINGS[found].open(path), path))


def is_text(path):
    """Whether a file, unpacked, begins as text: as UTF-16, or without control characters."""
    with open_unpacked(path) as stream:
        start = stream.peek(4096)[:4096]
    return start[:2] in UTF16 or not re.search(rb"[\0-\x08\x0e-\x1f]", start)
