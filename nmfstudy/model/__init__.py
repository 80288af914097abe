"""What is asked and what a factorization is: problem, objective, penalties, distance, fits."""
