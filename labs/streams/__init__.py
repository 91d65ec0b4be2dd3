"""Lab 3: streams."""
