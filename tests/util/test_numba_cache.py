"""Machine code is kept where it can be, made once, and announced only when it is made."""

import os
import shutil
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

import nmfstudy
from nmfstudy.util.numba_cache import _Pauses

PACKAGE = Path(nmfstudy.__file__).parent
# One small kernel is enough: what compiles is the same call for all.
CODE = """
    from nmfstudy.util.numba_cache import load_kernels
    load_kernels()
    import numpy as np
    from nmfstudy.fitting.engine.legacy_random import legacy_normals
    draws = np.empty((1, 3))
    legacy_normals(np.zeros(1, dtype=np.uint32), draws)
    assert np.array_equal(draws[0], np.random.RandomState(0).standard_normal(3))
    import nmfstudy
    print(nmfstudy.__file__)
"""


def call(cwd=None, code=CODE, before="", **environment):
    """What a process that draws says: standard output and error."""
    decisive = ("NUMBA_CACHE_DIR", "XDG_CACHE_HOME", "PYTHONPATH", "TMPDIR")
    rest = {name: value for name, value in os.environ.items() if name not in decisive}
    command = [sys.executable, "-c", textwrap.dedent(before) + textwrap.dedent(code)]
    environment = {**rest, **{name: str(path) for name, path in environment.items()}}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, cwd=cwd)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip(), done.stderr


def files_under(folder):
    return [path for path in folder.rglob("*") if path.is_file()]


def test_the_first_use_says_that_it_compiles_and_the_second_is_silent(tmp_path):
    _, first = call(NUMBA_CACHE_DIR=tmp_path)
    assert first.count("nmfstudy: compiling kernels, once, about") == 1
    made = files_under(tmp_path)
    assert made
    _, second = call(NUMBA_CACHE_DIR=tmp_path)
    assert second == "" and files_under(tmp_path) == made


def test_without_being_told_the_users_cache_is_taken(tmp_path):
    call(XDG_CACHE_HOME=tmp_path)
    assert files_under(tmp_path / "nmfstudy")


def test_where_nothing_can_be_written_it_works_all_the_same(tmp_path):
    (tmp_path / "file").touch()  # No folder can be made under a file, not even by root.
    blocked, scratch = tmp_path / "file" / "cache", tmp_path / "scratch"
    scratch.mkdir()
    _, said = call(NUMBA_CACHE_DIR=blocked, XDG_CACHE_HOME=blocked, TMPDIR=scratch)
    assert "compiling" in said
    assert files_under(scratch) == []  # The process clears up what it could only use itself.


@pytest.fixture
def read_only(tmp_path):
    """A copy of the package on a file system that nobody can write to."""
    copy = tmp_path / "site" / "nmfstudy"
    shutil.copytree(PACKAGE, copy, ignore=shutil.ignore_patterns("__pycache__"))
    site = copy.parent
    if shutil.which("mount") is None or subprocess.run(["mount", "--bind", site, site]).returncode:
        pytest.skip("the user may not mount a folder read-only")
    try:
        subprocess.run(["mount", "-o", "remount,ro,bind", site], check=True)
        yield site
    finally:
        subprocess.run(["umount", site], check=True)


def test_a_package_in_a_read_only_folder_compiles_once(read_only, tmp_path):
    with pytest.raises(OSError):
        (read_only / "nmfstudy" / "new").touch()
    home = {"XDG_CACHE_HOME": tmp_path / "cache", "PYTHONPATH": read_only}
    where, first = call(read_only, **home)
    assert Path(where).parent.parent == read_only
    assert "compiling" in first and files_under(tmp_path / "cache")
    assert call(read_only, **home) == (where, "")


def test_importing_the_package_takes_no_time():
    """Beside the start of the interpreter it is a few small modules; .3 s is what is promised."""

    def seconds(code):
        def once():
            begun = time.perf_counter()
            subprocess.run([sys.executable, "-c", code], check=True)
            return time.perf_counter() - begun

        return min(once() for _ in range(5))

    assert seconds("import nmfstudy") - seconds("pass") < 0.3


@pytest.mark.parametrize(
    ("variable", "value"),
    [("NUMBA_DISABLE_JIT", "1"), ("NUMBA_NUM_THREADS", "0"), ("NUMBA_NUM_THREADS", "two")],
)
def test_an_environment_without_compiler_ends_a_command_in_one_sentence(tmp_path, variable, value):
    code = "import sys; from nmfstudy.cli import main; sys.exit(main(['run', 'n_starts=2']))"
    environment = {**os.environ, variable: value}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=environment, cwd=tmp_path
    )
    assert done.returncode == 2 and done.stderr.count("\n") == 1, done.stderr
    assert variable in done.stderr and "possible: " in done.stderr
    assert list(tmp_path.iterdir()) == []


def damaged(content, how):
    middle = len(content) // 2
    if how == "cut":
        return content[:middle]
    if how == "altered":
        return content[:middle] + bytes([content[middle] ^ 255]) + content[middle + 1 :]
    return b""


@pytest.fixture(scope="module")
def compiled(tmp_path_factory):
    folder = tmp_path_factory.mktemp("compiled")
    call(NUMBA_CACHE_DIR=folder)
    return folder


@pytest.mark.parametrize("ending", [".nbi", ".nbc"])
@pytest.mark.parametrize("how", ["empty", "cut", "altered"])
def test_damaged_files_of_machine_code_are_made_again(how, ending, compiled, tmp_path):
    shutil.copytree(compiled, tmp_path, dirs_exist_ok=True)
    made = {path: path.read_bytes() for path in files_under(tmp_path)}
    for path, content in made.items():
        if path.suffix == ending:
            path.write_bytes(damaged(content, how))
    _, said = call(NUMBA_CACHE_DIR=tmp_path)
    assert said.count("compiling") == 1
    assert call(NUMBA_CACHE_DIR=tmp_path)[1] == ""


def with_files_of_at_most(n_bytes):
    """Code that lets the process write no larger file, as on a disk that is nearly full."""
    return f"""
        import resource, signal
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, ({n_bytes}, {n_bytes}))
    """


def test_on_a_full_disk_kernels_are_compiled_and_not_kept(tmp_path):
    """Names can be made there, but no content."""
    places = dict.fromkeys(("NUMBA_CACHE_DIR", "XDG_CACHE_HOME", "TMPDIR"), tmp_path)
    _, said = call(before=with_files_of_at_most(100), **places)
    assert "compiling" in said
    assert files_under(tmp_path) == []
    call(**places)
    full = files_under(tmp_path)
    assert call(before=with_files_of_at_most(100), **places)[1] == ""
    assert files_under(tmp_path) == full


TIMED = """
    from time import perf_counter
    from nmfstudy.util.numba_cache import clock, load_kernels
    load_kernels()
    import numpy as np
    from nmfstudy.fitting.engine.legacy_random import legacy_normals
    draws, words = np.empty((1, 3)), np.zeros(1, dtype=np.uint32)
    for _ in range(2):
        begun, counted = perf_counter(), clock()
        legacy_normals(words, draws)
        print(perf_counter() - begun, clock() - counted)
"""


def test_compiling_and_loading_are_no_part_of_the_time_of_a_start(tmp_path):
    for made in (True, False):  # compiled first, loaded then
        out, said = call(code=TIMED, NUMBA_CACHE_DIR=tmp_path)
        (first, counted), (again, counted_again) = (map(float, n.split()) for n in out.split("\n"))
        assert ("compiling" in said) == made
        assert 0 <= counted < 0.2 * first
        assert 0 <= counted_again <= again


def test_the_clock_goes_on_when_the_last_of_several_has_compiled():
    pauses = _Pauses()
    pauses.begin()
    begun = pauses.clock()
    pauses.begin()
    pauses.end()
    assert pauses.clock() == begun  # one is still at it
    pauses.end()
    assert begun <= pauses.clock() < pauses.clock()
