"""Options of compiled kernels whose arithmetic is IEEE's to the letter, without fast-math."""

IEEE = {"cache": True, "nogil": True, "error_model": "numpy"}
IEEE_HELPER = {**IEEE, "no_cpython_wrapper": True, "no_cfunc_wrapper": True}
