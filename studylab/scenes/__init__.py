"""Scenes of the sandbox: scenarios to begin from, the learner's own acts as scripts, and what plays them.

It knows benches and scripts, and never a page.
"""
