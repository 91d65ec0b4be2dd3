"""Edges that somebody else wrote: they claim, and are held against the truth."""
