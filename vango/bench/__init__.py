"""One learner's whole set-up, wired together, in its own folder."""
