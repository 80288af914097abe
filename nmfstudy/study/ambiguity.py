"""What other factorizations of a solution's product look like, as far as they can be had."""

from dataclasses import dataclass

from nmfstudy.certificates.geometry import Geometry, geometry
from nmfstudy.certificates.rank2 import intervals
from nmfstudy.certificates.witness import sample
from nmfstudy.model.factorization import Factorization

N_SAMPLES, BUDGET, MOST_COMPONENTS = 24, 4.0, 10


@dataclass(frozen=True, eq=False)
class Ambiguity:
    """Other factorizations of one product; which field is set depends on the components.

    Attributes
    ----------
    mixing : ((float, float), (float, float)) or None
        Of two components: the intervals of a and b, all factorizations being
        ``W [[1, b], [a, 1]]`` and the inverse times H.
    geometry : Geometry or None
        Of three: nested polygons and triangles.
    factorizations : tuple of Factorization
        Of four to ten: some that were found, the solution's own first, components matched.
    """

    mixing: tuple | None = None
    geometry: Geometry | None = None
    factorizations: tuple[Factorization, ...] = ()


def ambiguity_of(verdict):
    """The ambiguity of the factorization that a verdict is about.

    Parameters
    ----------
    verdict : nmfstudy.certificates.Verdict or None

    Returns
    -------
    Ambiguity or None
        None without a verdict, of degenerate factors, and where there is nothing to show: of four
        components and more that are all unique, or of which no second factorization was found.
    """
    if verdict is None or verdict.status == "degenerate":
        return None
    f, k = verdict.factorization, verdict.factorization.n_components
    if k == 2 and (f.W.any(axis=0) & f.H.any(axis=1)).all():
        return Ambiguity(mixing=intervals(f.W, f.H))
    if k == 3 and (polygons := geometry(f)) is not None:
        return Ambiguity(geometry=polygons)
    if 4 <= k <= MOST_COMPONENTS and verdict.status in ("not_unique", "partially_identifiable"):
        found = sample(f.W, f.H, n_samples=N_SAMPLES, budget=BUDGET)
        return Ambiguity(factorizations=tuple(found)) if len(found) > 1 else None
    return None
