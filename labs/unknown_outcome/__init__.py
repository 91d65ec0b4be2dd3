"""Lab 9: an unknown outcome."""
