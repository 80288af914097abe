"""Files that are whole or absent: atomic writes, careful reads."""

import contextlib
import hashlib
import json
import math
import os
import re
import secrets
import shutil
import socket
import struct
import time
import tokenize
import zipfile
from pathlib import Path

import numpy as np

from nmfstudy.util.errors import RequestError
from nmfstudy.util.plain_text import printable

PARTIAL = ".partial-"
JSON_BYTES = 2**24  # the largest file of plain data that is read, unless its reader says otherwise
_DEPTH = 32  # of lists in lists
ABANDONED = 86400.0  # seconds without a change after which no writer is at a temporary name
_FOLDERS = (
    "runs data certificates convergence evidence resamples failures running tables figures factors "
    "damaged"
).split()


def write_atomically(path, content):
    """Write text or bytes under a temporary name, then rename: a reader sees all or nothing."""
    path = Path(path)
    partial = _temporary(path)
    try:
        with naming(path), open(partial, "wb", opener=_no_link) as handle:
            handle.write(content.encode(errors="replace") if isinstance(content, str) else content)
            handle.flush()
            os.fsync(handle.fileno())
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)


def _no_link(path, flags):
    """Open a file unless a link that somebody put there in advance leads elsewhere."""
    return os.open(path, flags | getattr(os, "O_NOFOLLOW", 0), 0o666)


@contextlib.contextmanager
def naming(path):
    """Errors of writing, which do not know their file, name this one."""
    try:
        yield
    except OSError as error:
        error.filename = error.filename or str(path)
        raise


@contextlib.contextmanager
def new_folder(folder, is_whole=None):
    """Fill a folder under a temporary name and put it in place as a whole.

    Parameters
    ----------
    folder : path
    is_whole : callable, optional
        Whether the folder, if another writer put it there meanwhile, may stay: equal names hold
        equal content, and who finishes later does no harm to who is reading. By default the
        last writer replaces it.
    """
    folder = Path(folder)
    partial = _temporary(folder)
    remove_link(folder)
    partial.mkdir(parents=True)
    try:
        yield partial
        _put_in_place(partial, folder, is_whole)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _put_in_place(partial, folder, is_whole):
    for _ in range(20):
        try:
            os.rename(partial, folder)
            return
        except OSError:
            if is_whole is not None and is_whole():
                return
            if not folder.exists():
                raise
            old = _temporary(folder)
            with contextlib.suppress(OSError):  # another writer was quicker
                os.rename(folder, old)
            _remove(old)
    os.rename(partial, folder)


def _remove(path):
    """Remove a file, a link or a folder, as far as it can be."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def remove_link(path):
    """Remove a link that stands where a folder of ours belongs, not what it points to."""
    if Path(path).is_symlink():
        Path(path).unlink(missing_ok=True)


def own(path):
    """The path, if nothing or an ordinary file or folder is there.

    A study's folder may come from anywhere: a link could show what lies outside it, and a pipe
    would be waited for without end.

    Raises
    ------
    ValueError
        If it is something else.
    """
    path = Path(path)
    if path.is_symlink():
        raise ValueError(f"{path.name} is a link, which none of ours is")
    if path.exists() and not (path.is_file() or path.is_dir()):
        raise ValueError(f"{path.name} is neither a file nor a folder")
    return path


def clean_up(study_folder):
    """Remove what killed writers left in a study's folder and those in it.

    Raises
    ------
    RequestError
        If a folder of the study is a link: what is written into it would land elsewhere.
    """
    folder = Path(study_folder)
    for place in (folder / name for name in _FOLDERS):
        if place.is_symlink():
            raise RequestError(
                f"{place} is a link, through which nothing is written; possible: a folder in its "
                "place, or a link to the whole study"
            )
    remove_leftovers(folder)
    for place in folder.glob("*/"):
        if not (place.is_symlink() or place.name.startswith(PARTIAL)):  # a writer may be at it
            remove_leftovers(place)


def remove_leftovers(folder):
    """Remove what has a temporary name and has not changed for a day.

    Age alone decides: another host's process cannot be seen from here, and containers may share
    host name and process id.
    """
    for left in Path(folder).glob(f"{PARTIAL}*"):
        with contextlib.suppress(OSError):  # gone by now
            if time.time() - _last_change(left) > ABANDONED:
                _remove(left)


def _last_change(path):
    """When a file, or a folder or a file in it, was last written to."""
    inside = path.iterdir() if path.is_dir() and not path.is_symlink() else ()
    return max(one.lstat().st_mtime for one in (path, *inside))


def unique():
    """A name that no other process of any host has."""
    return secrets.token_hex(8)


def _temporary(path):
    """A temporary name beside a path that nobody else writes to.

    Chance makes it so: hosts of one name and processes of one number exist. The host's full name
    tells people who is writing.
    """
    host = re.sub(r"[^\w.-]", "_", socket.gethostname())
    return path.with_name(f"{PARTIAL}{path.name[:30]}-{host}-{unique()}")


def sha256_of(path):
    """Hexadecimal sha256 of a file's content."""
    with open(path, "rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def write_json(path, value):
    """Write plain data, readable and in a fixed order."""
    write_atomically(path, json.dumps(value, indent=1, ensure_ascii=False, default=_plain) + "\n")


def machine_memory():
    """Bytes of memory that this machine has; 8 GB where it does not say."""
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):
        return 2**33


def check_file_size(name, size):
    """Refuse a file that takes more than half of the machine's memory, before it is read."""
    if size > machine_memory() / 2:
        raise ValueError(f"{name} has {size / 2**30:.3g} GB, which takes too much memory")


@contextlib.contextmanager
def reading_safely(name):
    """Context in which whatever goes wrong is a ValueError or OSError: the file is left out."""
    try:
        yield
    except (ValueError, OSError):
        raise
    except Exception as error:  # MemoryError, RecursionError, whatever a foreign file leads to
        raise ValueError(f"{name} cannot be read ({type(error).__name__} {error})") from None


def read_json(path, most=JSON_BYTES):
    """Plain data from a file; texts are `printable`.

    Parameters
    ----------
    path : path
    most : int
        Size in bytes up to which the file is read.

    Raises
    ------
    ValueError
        If it is torn, too large, nested too deeply, or no JSON object.
    """
    path = own(path)
    size = path.stat().st_size
    if size > most:
        raise ValueError(f"{path.name} has {size:,} bytes; at most {most:,} are read")
    with reading_safely(path.name):
        value = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(value, dict):
            raise ValueError(f"{path.name} holds no JSON object")
        _check_depth(value, path.name)
        return _printable(value)


def _check_depth(value, name):
    level = [value]
    for _ in range(_DEPTH):
        level = [part for parent in level for part in _parts(parent) if _parts(part)]
        if not level:
            return
    raise ValueError(f"{name} is nested too deeply")


def _parts(value):
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


def _printable(value):
    """The same plain data with printable texts, keys included."""
    if isinstance(value, str):
        return printable(value)
    if isinstance(value, dict):
        return {printable(key): _printable(part) for key, part in value.items()}
    return [_printable(part) for part in value] if isinstance(value, list) else value


def _plain(value):
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, np.ndarray | tuple):
        return list(value)
    if isinstance(value, Path):
        return str(value)
    raise TypeError(f"{type(value).__name__} is no plain data")


def write_arrays(path, **arrays):
    """Write named arrays as an uncompressed npz without pickle."""
    with naming(path), open(path, "wb") as handle:
        np.savez(handle, allow_pickle=False, **arrays)
        handle.flush()
        os.fsync(handle.fileno())


def read_arrays(path):
    """All arrays of an npz that `write_arrays` wrote.

    Raises
    ------
    ValueError
        If the file is torn, compressed, holds objects, or announces more data than it has.
    """
    path = own(path)
    try:
        check_file_size(path.name, path.stat().st_size)
        with reading_safely(path.name), zipfile.ZipFile(path) as archive:
            if sum(member.compress_size for member in archive.infolist()) > path.stat().st_size:
                raise ValueError(f"{path.name} announces more than it has")
            return {
                m.filename.removesuffix(".npy"): _member(archive, m) for m in archive.infolist()
            }
    except (zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError, SyntaxError) as error:
        raise ValueError(f"{path.name} is torn or no npz ({error})") from None
    except (tokenize.TokenError, struct.error, OverflowError, OSError) as error:
        raise ValueError(f"{path.name} holds no readable arrays ({error})") from None


def _member(archive, member):
    """One array; its announced size is held against the file's before memory is taken."""
    if member.compress_type != zipfile.ZIP_STORED or member.file_size > member.compress_size:
        raise ValueError(f"{member.filename} is compressed, which none of ours is")
    with archive.open(member) as handle:
        version = np.lib.format.read_magic(handle)
        read = np.lib.format.read_array_header_1_0
        shape, _, dtype = (read if version == (1, 0) else np.lib.format.read_array_header_2_0)(
            handle
        )
    if dtype.hasobject or math.prod(shape) * dtype.itemsize > member.file_size:
        raise ValueError(f"{member.filename} is no array of numbers of the size it announces")
    with archive.open(member) as handle:
        return np.lib.format.read_array(handle, allow_pickle=False)
