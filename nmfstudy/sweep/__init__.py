"""From a command line to finished runs."""
