"""Lab 5: the ack is a promise about the past."""
