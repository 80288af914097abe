"""From a study to one page that a colleague can read, and to the terminal."""

from nmfstudy.report.build import write_report

__all__ = ["write_report"]
