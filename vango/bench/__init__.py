"""One learner's whole set-up, wired together, in a folder of its own."""
