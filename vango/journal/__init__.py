"""What happened on a bench, in order, and what was seen at each moment."""
