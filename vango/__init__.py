"""Vango: a small control plane that commits first, publishes second, replays carefully and fails closed.

It knows nothing of the lab built round it: no Flask, no pages, no lessons. `python -m vango --help` runs it alone.
"""
