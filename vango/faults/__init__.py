"""Faults, each a real one: signals, purges, losses, messages that nobody expected."""
