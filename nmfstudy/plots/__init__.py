"""Figures: data in, Axes out.

Files are named by what one holds: `factors` (one matrix or factorization), `fits` (many fits of
one problem), `solutions` (the distinct ones), `problems` (several problems), `penalties` (one
dataset under several penalties). A plot takes ``ax=None`` (a whole ``figure=None`` if it has
several panels), touches no global state and saves nothing; ``illustrate_…`` functions wrap it
with a caption and its numbers.
"""
