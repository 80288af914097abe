"""matplotlib, imported whatever its surroundings say."""

import os
import sys
from contextlib import suppress

from nmfstudy.util.errors import RequestError


def import_matplotlib():
    """Import matplotlib, without the backend that the environment names if there is none such.

    Jupyter passes ``MPLBACKEND`` on to every command that is started in a notebook, also to one in
    another environment, where that backend does not exist. No figure of ours needs a backend.

    Raises
    ------
    RequestError
        If matplotlib cannot be imported for another reason, as with a damaged ``matplotlibrc``.
    """
    if "matplotlib" in sys.modules:
        return
    backend = os.environ.pop("MPLBACKEND", None)
    try:
        import matplotlib
    except ValueError as error:
        raise RequestError(
            f"matplotlib cannot be imported ({error}); possible: a matplotlibrc in UTF-8"
        ) from None
    finally:
        if backend is not None:
            os.environ["MPLBACKEND"] = backend
    if backend:
        with suppress(ValueError):  # what matplotlib would do
            matplotlib.rcParams["backend"] = backend
