"""From data to fits: initial factors, solvers, and many starts of one search."""
