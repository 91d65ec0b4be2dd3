"""The names that every part agrees on."""

EDGES = ("fra", "iad", "syd")
"""The edges of a bench, in the order in which they are shown."""
