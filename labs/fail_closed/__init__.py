"""Lab 10: fail closed."""
