"""What is cited: a key as it stands in running text, and the entry of a bibliography."""

from typing import NamedTuple


class Reference(NamedTuple):
    """One publication.

    Attributes
    ----------
    key : str
        ``Author & Author, year``.
    entry : str
        As in a list of references.
    """

    key: str
    entry: str
