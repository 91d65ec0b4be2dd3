"""Lab 6: a replay brings back owners of the past."""
