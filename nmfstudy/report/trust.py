"""Which components of the best solution come back in the others."""


def trust_blocks(result, shelf, illustrate):
    """Components with their trust: a figure and a table."""
    return tuple(shelf.figures(illustrate, result))
