"""Faults, each a real one: signals, purges, losses, foreign messages."""
