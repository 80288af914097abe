"""Distinct solutions: which fits are the same, how many there are, and how sure that is."""

from nmfstudy.util.numba_cache import load_kernels

load_kernels()  # before a module here imports some of them

from nmfstudy.solutions.counting import distinct_solutions
from nmfstudy.solutions.dimension import Dimension
from nmfstudy.solutions.plateau import Plateau
from nmfstudy.solutions.result import Solutions

__all__ = ["Dimension", "Plateau", "Solutions", "distinct_solutions"]
