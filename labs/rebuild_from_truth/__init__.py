"""Lab 11: rebuild from truth."""
