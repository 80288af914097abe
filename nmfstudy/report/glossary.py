"""What the report says once: how to read its parts, and its words in plain language."""

READING = (
    (
        "One problem",
        "A matrix, a number of components k and, where there is one, a penalty. All ways of "
        "starting are pooled: they only decide which solution is reached; starts that did not "
        "converge do not count.",
    ),
    (
        "Minima",
        "The first has the lowest objective. On this page they are counted from 1, in the CSV "
        "files from 0.",
    ),
    (
        "Coverage",
        "The estimated chance that one more start finds nothing new; a continuum, and what has no "
        "minimum, leave nothing to cover.",
    ),
    (
        "Picture of the objectives",
        "Every start is a mark, the best fit first. Marks on one level are equally good; two "
        "colours on one level are two different solutions that the error cannot tell apart.",
    ),
    (
        "Count against tolerance",
        "How many solutions are counted if fits closer than a given distance are taken for the "
        "same. A stretch that stays flat over several powers of ten (the plateau) means that the "
        "number is real; a curve that keeps climbing as one looks closer means that there are more "
        "and more of them.",
    ),
    (
        "Slider",
        "Where JavaScript is allowed, it moves that tolerance. Fits that are joined by a chain of "
        "steps no longer than the tolerance form one group; the bars show how many starts end in "
        "each, the curve is the number of solutions as good as the best, the shaded stretch its "
        "plateau.",
    ),
    (
        "Picker",
        "Where JavaScript is allowed, it puts two solutions side by side, each component beside "
        "its match and scaled to a largest entry of 1 in H. The distance is relative to the size "
        "of the data.",
    ),
    (
        "Count and certificate",
        "The count is what the starts found; more starts may find more. The certificate is a "
        "proof and needs no starts, but it is only about the product W H of the best fit.",
    ),
    (
        "Components to trust",
        "Those that come back in every solution that fits as well; the others depend on which "
        "start one happened to take. Two components are compared by their congruence, the cosine "
        "between them (1: the same up to scale): from 0.95 on they are read as equal, from 0.85 on "
        "as similar (Lorenzo-Seva & ten Berge, 2006).",
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
        "Objective",
        "What is made as small as possible: the error of W H, as a rule half the sum of its "
        "squares, and a penalty where there is one.",
    ),
    (
        "Start, fit",
        "The method begins with some W and H (often random ones) and improves them until nothing "
        "improves any more. One such beginning is a start; what it ends in is a fit.",
    ),
    (
        "Ways of starting",
        "“random” draws W and H at random, anew for every seed. “nndsvd” and its variants compute "
        "them from a singular value decomposition of X; all but “nndsvdar” give the same start "
        "every time.",
    ),
    ("Sweep", "One round of improvements, of every entry of W and H."),
    (
        "Search",
        "A way of starting together with the method that improves the start.",
    ),
    (
        "Converged",
        "The fit satisfies the conditions of an optimum, named after Karush, Kuhn and Tucker, to "
        "within the tolerance stated; the KKT residual says how far it still is from them. Only "
        "such fits are counted: an unfinished fit looks like a solution of its own.",
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
    ("Best solutions", "Those whose objective equals the lowest one found, up to rounding."),
    (
        "Minima",
        "All different converged fits, worse ones included. A worse minimum does not make the "
        "solution ambiguous; it is where an unlucky start gets stuck.",
    ),
    (
        "Continuum",
        "The solutions are not separate: one can be bent into another without changing the fit. "
        "That is proved, or concluded from starts that keep finding others that fit equally well: "
        "every start then ends in a solution of its own, or at the ends of the set, so there is no "
        "number of them and no coverage.",
    ),
    (
        "Not judged",
        "A few numbers of the data outweigh all others a hundredfold and more. Errors and "
        "distances are relative to the size of X, so they see these numbers only.",
    ),
    (
        "Not settled",
        "Too few starts, too few converged ones, or a count that depends on the tolerance; the "
        "reason is given.",
    ),
    (
        "All zero",
        "The penalty is stronger than any component is worth, by a formula: with W and H all zero "
        "the objective is lowest. That is known without any start.",
    ),
    (
        "No minimum",
        "Proved where a penalty is on one factor only: shrink that factor, let the other grow, and "
        "the objective falls without end. There is nothing to converge to and nothing to count.",
    ),
    (
        "Plateau",
        "The range of distance tolerances over which the number of solutions stays the same. A "
        "long one means that the count is not an artefact of the tolerance.",
    ),
    (
        "Minima",
        "The first has the lowest objective. On this page they are counted from 1, in the CSV "
        "files from 0.",
    ),
    (
        "Coverage",
        "The estimated chance that one more start ends in a minimum already seen: one minus the "
        "share of the starts that are alone in theirs (Good and Turing’s estimate).",
    ),
    (
        "Dispersion, cophenetic correlation",
        "What other programs choose k by: whether the starts put the same samples together, each "
        "sample into its largest component. Dispersion is 1 if all starts agree on every pair of "
        "samples (Kim & Park, 2007), the cophenetic correlation if the samples fall into clear "
        "groups (Brunet et al., 2004). Neither looks at whether the solutions are the same.",
    ),
    ("Chao1", "An estimate of how many minima there are at least, seen and unseen."),
    (
        "Certificate",
        "A mathematical proof that the factorization found is the only one of its product W H or, "
        "as proof of the opposite, a second factorization of the same product. It is about that "
        "product, not about whether another product fits X as well.",
    ),
    (
        "Names of certificates",
        "Each is one way to a proof. “Supports” looks at where components are zero. “Rank2” and "
        "“rank3” decide two or three components completely. “Rigidity” asks whether the factors "
        "can be moved a little. “Separable” looks for samples and features that belong to one "
        "component alone, “partial” for single components that every factorization has, "
        "“scattered” for samples and features that are spread so far that no other components "
        "fit around them (sufficiently scattered). “Witness” searches for a second factorization.",
    ),
    (
        "Saddle",
        "A point at which a fit comes to rest although it could still improve. It is not a "
        "solution and is reported separately.",
    ),
    (
        "Scale escape",
        "With a penalty on one factor only, the scale moves into the other factor without end, so "
        "such fits never converge.",
    ),
    (
        "L1, ridge",
        "Penalties added to the objective: the sum of the entries (L1), or half the sum of their "
        "squares (ridge, squared Frobenius norm).",
    ),
)
