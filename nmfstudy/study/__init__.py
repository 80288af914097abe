"""All runs of one folder, grouped by problem, as tables."""

from nmfstudy.study.problem_result import ProblemResult
from nmfstudy.study.study import Study

__all__ = ["ProblemResult", "Study"]
