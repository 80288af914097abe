"""What to make of solutions: trust in components, choice of k, residuals, convergence."""
