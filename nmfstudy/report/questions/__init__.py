"""The questions everybody asks who meets NMF, answered from a study.

A question is a module with ``answer(study) -> Answer`` and a line in `QUESTIONS`. It works on any
study: where the study has nothing on it, the verdict is "not asked here".
"""

from nmfstudy.report.questions import (
    example,
    known_answers,
    phase_diagram,
    q1_zeros,
    q2_sparsity,
    q3_frobenius,
    q4_distinct,
    replications,
)
from nmfstudy.report.questions.answer import Answer

QUESTIONS = [
    q1_zeros,
    q2_sparsity,
    q3_frobenius,
    q4_distinct,
    known_answers,
    replications,
    phase_diagram,
    example,
]

__all__ = ["QUESTIONS", "Answer", "answer_all"]


def answer_all(study) -> tuple[Answer, ...]:
    """All answers in the order of `QUESTIONS`.

    Parameters
    ----------
    study : Study

    Returns
    -------
    tuple of Answer
        Without the worked example if the study has no small dataset, and without the known answers
        and the published numbers if there are none, nor the diagram if few matrices are drawn.
    """
    answers = (question.answer(study) for question in QUESTIONS)
    return tuple(answer for answer in answers if answer is not None)
