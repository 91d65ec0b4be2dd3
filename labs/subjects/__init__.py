"""Lab 2: subjects."""
