"""What happened on a bench, in order, and what was observed at each moment."""
