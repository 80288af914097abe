"""From a study to one page that a colleague can read, and to the terminal."""

from nmfstudy.report.build import write_report
from nmfstudy.report.fingerprint import current_report

__all__ = ["current_report", "write_report"]
