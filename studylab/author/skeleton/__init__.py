"""Lab NUMBER: what it shows, in one line."""
