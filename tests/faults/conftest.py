import pytest
from small_sweeps import argv, tables

from nmfstudy.cli import main


@pytest.fixture(scope="session")
def undisturbed(tmp_path_factory):
    """The study of the small sweep when nothing happens to it."""
    folder = tmp_path_factory.mktemp("undisturbed")
    assert main(argv(folder)) == 0
    return folder / "small"


@pytest.fixture(scope="session")
def expected(undisturbed):
    """Its tables without the seconds."""
    return tables(undisturbed)
