"""Coverage-guided fuzzing of the file readers, outside the suite.

    python tests/fuzz/fuzz_readers.py [seconds] [seed]

Every file must be read as a finite-sized float64 matrix or refused with one printable sentence,
in seconds, without a warning and within 2 GB of memory. Uses atheris where it is installed;
otherwise a small mutation fuzzer that keeps the inputs that reach new lines. A finding is printed
with the bytes that make it, and ends the run with exit status 1.
"""

import gzip
import io
import random
import resource
import signal
import sys
import tempfile
import time
import warnings
import zipfile
import zlib
from collections import Counter
from contextlib import nullcontext
from pathlib import Path

import numpy as np
from scipy import sparse

try:
    import atheris
except ImportError:
    atheris = None

with atheris.instrument_imports(include=["nmfstudy.datasets"]) if atheris else nullcontext():
    from nmfstudy.datasets import read_table, reading
    from nmfstudy.util.errors import RequestError

NAMES = ("x.csv", "x.txt", "x.npy", "x.npz", "x.mtx", "x.csv.gz", "x.mtx.gz")
PACKAGE = str(Path(reading.__file__).parent)
WORDS = [
    b",", b";", b"\t", b"\n", b"\r\n", b'"', b"#", b"%", b"0", b"1e999", b"nan", b"-1", b"_", b"|",
    b"\xef\xbb\xbf", b"\xff\xfe", b"\x93NUMPY", b"PK\3\4", b"99999999999", b"'O'", b"'<f8'",
    b"symmetric", b"pattern", b"array", b"integer", b"skew-symmetric", b"(1, 2)", b"()", b"True",
    b"1,5", b"1.234,5", b"1,234", b"sep=;\n", b";;\n",
]  # fmt: skip
outcomes = Counter()


def npz(**members):
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **members)
    return buffer.getvalue()


def seeds():
    """Small good files of every format, each with the byte that chooses its name."""
    X = np.arange(6.0).reshape(2, 3)
    npy = io.BytesIO()
    np.save(npy, X)
    yield 0, b"name,a,b\nx,1,2\ny,3,4.5\n"
    yield 0, b'"a b";c\r\n1,5;2\r\n'
    yield 1, b"# said\n1 2 3\n4 5 6\n"
    yield 1, "größe\tb\nu\t1\t2\n".encode("latin-1")
    yield 2, npy.getvalue()
    yield 3, npz(X=X)
    for form in ("csr", "csc", "coo", "bsr", "dia"):
        buffer = io.BytesIO()
        sparse.save_npz(buffer, sparse.coo_array(X).asformat(form))
        yield 3, buffer.getvalue()
    for body in (
        b"coordinate real general\n% said\n2 3 2\n1 1 1.5\n2 3 2\n",
        b"coordinate pattern symmetric\n2 2 2\n1 1\n2 1\n",
        b"array integer skew-symmetric\n2 2\n3\n",
        b"array real symmetric\n2 2\n1\n2\n3\n",
    ):
        yield 4, b"%%MatrixMarket matrix " + body
    yield 5, gzip.compress(b"1,2\n3,4\n")
    yield 6, gzip.compress(b"%%MatrixMarket matrix coordinate real general\n1 1 1\n1 1 1\n")


def check(blob, folder):
    """Read one input; raise unless it is a matrix or is refused as it should be."""
    kind, content = (blob[0] if blob else 0), blob[1:]
    path = folder / NAMES[kind % len(NAMES)]
    path.write_bytes(content)
    options = {}
    if kind >= 128 and path.name in ("x.csv", "x.txt", "x.csv.gz"):
        options = {"header": "yes", "index": "no", "delimiter": "comma"}
    signal.alarm(20)
    try:
        values = read_table(path, **options).values
    except RequestError as error:
        sentence = str(error)
        assert sentence.isprintable() and len(sentence) < 600, sentence
        assert "fit into memory" not in sentence, sentence
        outcomes["refused"] += 1
        return
    finally:
        signal.alarm(0)
    assert values.ndim == 2 and values.dtype == np.float64 and 0 not in values.shape
    if sparse.issparse(values):
        values.check_format(full_check=True)
    outcomes["read"] += 1


def unpacked(kind, content):
    """The parts of an archive that mutations should reach."""
    name = NAMES[kind % len(NAMES)]
    try:
        if name.endswith(".gz"):
            return {"": gzip.decompress(content)}
        if name.endswith(".npz"):
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                return {n: archive.read(n) for n in archive.namelist()}
    except (OSError, EOFError, ValueError, RuntimeError, NotImplementedError, zlib.error):
        return None
    except zipfile.BadZipFile:
        return None
    return None


def packed(kind, parts):
    """An archive of these parts, whole again."""
    if NAMES[kind % len(NAMES)].endswith(".gz"):
        return gzip.compress(parts[""])
    buffer = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with zipfile.ZipFile(buffer, "w") as archive:
            for name, content in parts.items():
                archive.writestr(name, content)
    return buffer.getvalue()


def edit(content, rng):
    """A few random edits of some bytes."""
    content = bytearray(content)
    for _ in range(rng.choice((1, 1, 2, 4))):
        at = rng.randrange(len(content) + 1)
        match rng.randrange(6):
            case 0:
                content[at : at + 1] = bytes([rng.randrange(256)])
            case 1:
                content[at:at] = rng.choice(WORDS)
            case 2:
                content[at : at + rng.choice((1, 2, 8, 64))] = b""
            case 3:
                other = rng.randrange(len(content) + 1)
                content[at:at] = content[other : other + rng.choice((1, 4, 16, 64))]
            case 4 if content:
                content[at % len(content)] ^= 1 << rng.randrange(8)
            case _:
                digits = [i for i, byte in enumerate(content) if 48 <= byte < 58]
                if digits:
                    i = rng.choice(digits)
                    content[i : i + 1] = str(rng.choice((0, 1, 9, 10**5, 10**11, 2**63))).encode()
    return bytes(content[:4096])


def mutate(blob, rng):
    """Another input near this one; inside the archive as often as outside."""
    kind, content = blob[0], blob[1:]
    if rng.random() < 0.05:
        kind = rng.randrange(256)
    parts = unpacked(kind, content) if rng.random() < 0.7 else None
    if parts:
        name = rng.choice(list(parts))
        parts[name] = edit(parts[name], rng)
        return bytes([kind]) + packed(kind, parts)
    return bytes([kind]) + edit(content, rng)


def report(blob):
    """Print a finding."""
    print(f"\nFINDING: {NAMES[blob[0] % len(NAMES)] if blob else ''} {blob!r}", flush=True)


def own_fuzzer(seconds, seed, folder):
    """Mutate, and keep what reaches new lines of the package."""
    rng, seen = random.Random(seed), set()
    corpus = [bytes([kind]) + content for kind, content in seeds()]
    reached = set()

    def lines(frame, event, arg):
        reached.add((frame.f_code, frame.f_lineno))
        return lines

    def calls(frame, event, arg):
        return lines if frame.f_code.co_filename.startswith(PACKAGE) else None

    end, runs, queue = time.monotonic() + seconds, 0, list(corpus)
    while time.monotonic() < end:
        blob = queue.pop() if queue else mutate(rng.choice(corpus), rng)
        reached.clear()
        sys.settrace(calls)
        try:
            check(blob, folder)
        except BaseException:
            sys.settrace(None)
            report(blob)
            raise
        sys.settrace(None)
        runs += 1
        if not reached <= seen:
            seen |= reached
            corpus.append(blob)
    print(f"{runs} files, {dict(outcomes)}, {len(corpus)} kept, {len(seen)} lines reached")


def atheris_fuzzer(seconds, seed, folder):
    """Let libFuzzer choose; archives are mutated inside too."""
    corpus = folder / "corpus"
    corpus.mkdir()
    for i, (kind, content) in enumerate(seeds()):
        (corpus / str(i)).write_bytes(bytes([kind]) + content)

    def mutator(blob, max_size, seed):
        if not blob:
            return b"\0"
        rng = random.Random(seed)
        if rng.random() < 0.5:
            return mutate(blob, rng)[:max_size]
        return atheris.Mutate(blob, max_size)

    def target(blob):
        try:
            check(blob, folder)
        except BaseException:
            report(blob)
            raise

    options = [f"-max_total_time={seconds}", f"-seed={seed}", "-max_len=4096", "-rss_limit_mb=4096"]
    options += ["-verbosity=0", "-print_final_stats=1", f"-artifact_prefix={folder}/"]
    atheris.Setup([sys.argv[0], *options, str(corpus)], target, custom_mutator=mutator)
    atheris.Fuzz()


def main():
    """Fuzz for the seconds given (120)."""
    seconds = int(sys.argv[1]) if len(sys.argv) > 1 else 120
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 0
    warnings.simplefilter("error")
    resource.setrlimit(resource.RLIMIT_AS, (2**32, 2**32))
    place = "/dev/shm" if Path("/dev/shm").is_dir() else None
    with tempfile.TemporaryDirectory(dir=place) as folder:
        (atheris_fuzzer if atheris else own_fuzzer)(seconds, seed, Path(folder))


if __name__ == "__main__":
    main()
