"""Files that are whole or absent: atomic writes, careful reads."""

import contextlib
import hashlib
import json
import math
import os
import shutil
import socket
import struct
import time
import tokenize
import zipfile
from pathlib import Path

import numpy as np

PARTIAL = ".partial-"


def write_atomically(path, content):
    """Write text or bytes under a temporary name, then rename: a reader sees all or nothing."""
    path = Path(path)
    partial = path.with_name(f"{PARTIAL}{path.name}-{_owner()}")
    try:
        with naming(path), open(partial, "wb") as handle:
            handle.write(content.encode() if isinstance(content, str) else content)
            handle.flush()
            os.fsync(handle.fileno())
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)


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
    partial = folder.with_name(f"{PARTIAL}{folder.name}-{_owner()}")
    remove_link(folder)
    shutil.rmtree(partial, ignore_errors=True)
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
            old = folder.with_name(f"{PARTIAL}old-{folder.name}-{_owner()}-{time.monotonic_ns()}")
            with contextlib.suppress(OSError):  # another writer was quicker
                os.rename(folder, old)
            _remove(old)
    os.rename(partial, folder)


def _remove(path):
    """Remove a file or a folder, as far as it can be."""
    if path.is_dir():
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
    """Remove what killed writers of this host left in a study's folder and those in it."""
    folder = Path(study_folder)
    remove_leftovers(folder)
    for place in folder.glob("*/"):
        if not place.is_symlink():
            remove_leftovers(place)


def remove_leftovers(folder):
    """Remove what killed writers of this host left under temporary names."""
    here = host()
    for left in Path(folder).glob(f"{PARTIAL}*"):
        owner = left.name.rsplit("-", 2)[-2:]
        if (
            len(owner) == 2
            and owner[0] == here
            and owner[1].isdigit()
            and not is_alive(int(owner[1]))
        ):
            _remove(left)


def is_alive(pid):
    """Whether a process of this host goes on."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True


def host():
    """Name of the host, letters and digits only."""
    return "".join(c for c in socket.gethostname() if c.isalnum()) or "host"


def _owner():
    return f"{host()}-{os.getpid()}"


def sha256_of(path):
    """Hexadecimal sha256 of a file's content."""
    with open(path, "rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def write_json(path, value):
    """Write plain data, readable and in a fixed order."""
    write_atomically(path, json.dumps(value, indent=1, ensure_ascii=False, default=_plain) + "\n")


def read_json(path):
    """Plain data from a file; ValueError if it is torn or no JSON object."""
    try:
        value = json.loads(own(path).read_text(encoding="utf-8"))
    except RecursionError:
        raise ValueError(f"{Path(path).name} is nested too deeply") from None
    if not isinstance(value, dict):
        raise ValueError(f"{Path(path).name} holds no JSON object")
    return value


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
        with zipfile.ZipFile(path) as archive:
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
