"""The one error that a user is meant to read."""


class RequestError(ValueError):
    """The request cannot be carried out as given.

    The message is one sentence that names the value given and what is possible. The command
    line prints it and ends with exit status 2; in Python it is an ordinary ``ValueError``.
    """
