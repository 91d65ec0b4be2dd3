"""Lab 8: three things can happen twice, and each has a guard of its own: operation id, message id, event id."""
