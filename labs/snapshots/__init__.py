"""Lab 7: snapshots."""
