"""Run folders: one finished block of starts each. Nothing else reads or writes them."""

from nmfstudy.store.data import load_data, save_data
from nmfstudy.store.failures import record_failure
from nmfstudy.store.identity import code_version, problem_key, run_id
from nmfstudy.store.run import RUN_COLUMNS, Run, find_runs, is_finished

__all__ = [
    "RUN_COLUMNS",
    "Run",
    "code_version",
    "find_runs",
    "is_finished",
    "load_data",
    "problem_key",
    "record_failure",
    "run_id",
    "save_data",
]
