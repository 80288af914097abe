"""The arguments of a command."""

import argparse

from nmfstudy.util.errors import RequestError


class Parser(argparse.ArgumentParser):
    """An argument parser whose refusals are one sentence."""

    def error(self, message):
        """Raise instead of printing the usage."""
        text = " ".join(message.split())
        text = text if len(text) <= 200 else f"{text[:197]}..."
        raise RequestError(f"{text}; possible: {self.prog} --help lists them")
