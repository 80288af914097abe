"""What signatures call a matrix, for readers and type checkers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from numpy.typing import ArrayLike

if TYPE_CHECKING:
    from nmfstudy.datasets.base import Dataset


class Sparse(Protocol):
    """A sparse matrix or array of scipy."""

    def toarray(self) -> Any:
        """Return the same as a dense array."""


Matrix: TypeAlias = "ArrayLike | Sparse | Dataset"
