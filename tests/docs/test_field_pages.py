"""The command lines of the pages by field are understood, on files as the fields have them."""

import re
import shlex
from pathlib import Path

import numpy as np
import pytest
from scipy import sparse

from nmfstudy import cli

DOCS = Path(__file__).resolve().parent.parent.parent / "docs"
FIELDS = DOCS / "gallery" / "fields"


def command_lines(name):
    """The `nmfstudy run` lines of a page, each as it would reach the program."""
    text = (DOCS / f"field_{name}.md").read_text(encoding="utf-8").replace("\\\n", "")
    return [shlex.split(line)[1:] for line in re.findall(r"^nmfstudy run .*$", text, flags=re.M)]


def data_of(script, name):
    """A matrix that a script of the gallery makes, without the fits that follow."""
    source = (FIELDS / script).read_text(encoding="utf-8")
    source = re.split(r"\n(?:fits|left_out) = ", source)[0]
    space = {}
    exec(source, space)
    return space[name]


def catalogue(folder):
    counts = data_of("1_signatures.py", "counts")
    counts.index = [f"tumour {i}" for i in range(len(counts))]
    counts.T.to_csv(folder / "catalogue.tsv", sep="\t")


def words(folder):
    X = data_of("3_topics.py", "X")
    sparse.save_npz(folder / "words.npz", sparse.csr_array(X.to_numpy()))
    (folder / "vocabulary.txt").write_text("\n".join(X.columns))


def spectra(folder):
    X = data_of("4_spectra.py", "X")
    X.to_csv(folder / "spectra.csv", index=False)
    (0 * X + 0.01).to_csv(folder / "sigma.csv", index=False)


def cells(folder):
    h5py = pytest.importorskip("h5py")
    X = data_of("2_gene_programs.py", "cells")
    with h5py.File(folder / "cells.h5ad", "w") as file:  # the parts of anndata's format that count
        file["X"] = X.to_numpy(float)
        for frame, names in (("obs", [f"cell {i}" for i in X.index]), ("var", list(X.columns))):
            file[f"{frame}/_index"] = names
            file[frame].attrs["_index"] = "_index"
        file["var/highly_variable"] = np.arange(X.shape[1]) % 4 > 0
    donors = data_of("2_gene_programs.py", "donors")
    (folder / "donors.txt").write_text("\n".join(donors))


@pytest.mark.parametrize(
    ("name", "write"),
    [("signatures", catalogue), ("gene_programs", cells), ("topics", words), ("spectra", spectra)],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_the_lines_of_a_page_are_understood(name, write, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    write(tmp_path)
    lines = command_lines(name)
    assert len(lines) >= 2
    for line in lines:
        asked = [part for part in line if part != "--check"]
        assert cli.main([*asked, "--check"]) == 0, capsys.readouterr().err
    assert not (tmp_path / "results").exists()
