"""Lab 1: commit first, publish second."""
