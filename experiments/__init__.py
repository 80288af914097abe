"""The command-line apps: thin, and the only place that knows Hydra."""
