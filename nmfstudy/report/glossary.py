"""What the report says once: how to read its parts, and its words in plain language."""

READING = (
    (
        "One problem",
        "A matrix, a number of components k and, where there is one, a penalty. Its section says "
        "the result in one sentence with a picture; the parts below open.",
    ),
    (
        "Objective picture",
        "Every start is a mark, ordered by how well it fits. Marks on one level are equally good; "
        "two colours on one level are two different solutions that the error cannot tell apart.",
    ),
    (
        "Count against tolerance",
        "How many solutions one counts if fits closer than a distance are taken for the same. A "
        "flat stretch over powers of ten (the plateau) means that the number is real; a curve "
        "that climbs as one looks closer means that there are ever more.",
    ),
    (
        "Slider",
        "With JavaScript, it moves that tolerance. Fits that a chain of steps up to the tolerance "
        "joins are one group; the bars show how many starts end in each, the curve is the count "
        "of solutions as good as the best, the shaded stretch its plateau.",
    ),
    (
        "Picker",
        "With JavaScript, it puts two solutions side by side, each component beside its match and "
        "scaled to a largest entry of 1 in H. The distance is relative to the size of the data.",
    ),
    (
        "Count and certificate",
        "The count is what the starts found; more starts may find more. The certificate is a "
        "proof and needs no starts, but speaks only of the product W H of the best fit.",
    ),
    (
        "Components to trust",
        "Those that come back in every solution that fits as well; the others are a matter of "
        "which start one happened to take. Two components are compared by their congruence, the "
        "cosine between them (1: the same up to scale): from 0.95 on they are read as equal, from "
        "0.85 as similar (Lorenzo-Seva & ten Berge 2006).",
    ),
)

GLOSSARY = (
    ("Matrix X", "The data: one row per sample, one column per feature, nothing negative."),
    (
        "NMF",
        "Nonnegative matrix factorization: X is approximated by the product W H. Row r of H is a "
        "pattern over the features, column r of W says how much of it each sample has.",
    ),
    ("Component", "One such pattern with its amounts. k is how many there are."),
    (
        "Start, fit",
        "The method begins somewhere (often at random) and improves until nothing improves any "
        "more. One beginning is a start, what it ends in is a fit.",
    ),
    (
        "Converged",
        "The fit satisfies the conditions of an optimum (Karush, Kuhn, Tucker) to within the "
        "tolerance stated. Only such fits are counted; an unfinished fit looks like a solution of "
        "its own.",
    ),
    (
        "Same solution",
        "Two fits are the same if their components agree after putting them into the same order "
        "and giving them the same scale. The distance between fits takes both into account and is "
        "measured relative to the size of X.",
    ),
    (
        "Distinct solutions",
        "Different solutions whose objective is within the stated share of the best one: for any "
        "practical purpose they fit equally well, and nothing but the start decides which one a "
        "user sees.",
    ),
    ("Best solutions", "Those whose objective equals the lowest one found to the last digits."),
    (
        "Minima",
        "All different converged fits, worse ones included. A worse minimum does not make the "
        "solution ambiguous; it is where an unlucky start gets stuck.",
    ),
    (
        "Continuum",
        "The solutions are not separate: one can be bent into another without changing the fit. "
        "Every start then ends in one of its own.",
    ),
    (
        "Not settled",
        "Too few starts, too few converged ones, or a count that depends on the tolerance; the "
        "reason is given.",
    ),
    (
        "Plateau",
        "The range of distance tolerances over which the number of solutions stays the same. A "
        "long one means that the count is not an artefact of the tolerance.",
    ),
    (
        "Coverage",
        "The estimated chance that one more start ends in a minimum already seen (Good–Turing).",
    ),
    ("Chao1", "An estimate from below of how many minima there are, seen and unseen."),
    (
        "Certificate",
        "A mathematical proof that the factorization found is the only one of its product W H, or "
        "a second factorization of the same product. It speaks of that product, not of whether "
        "another product fits X as well.",
    ),
    (
        "Saddle",
        "A point where a fit rests although it could still improve; it is no solution and is "
        "reported apart.",
    ),
    (
        "Scale escape",
        "With a penalty on one factor only, the scale moves into the other factor without end; "
        "such fits never converge.",
    ),
    (
        "L1, ridge",
        "Penalties added to the objective: the sum of the entries (L1), or half the sum of their "
        "squares (ridge, squared Frobenius norm).",
    ),
)
