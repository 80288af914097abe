"""Several studies side by side: what differs in what was asked, and in what came out."""

from nmfstudy.study.comparison.compare import Comparison, compare

__all__ = ["Comparison", "compare"]
