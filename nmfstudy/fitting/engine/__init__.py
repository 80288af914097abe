"""Compiled kernels of coordinate descent."""
