"""The commands that run on their own new benches."""
