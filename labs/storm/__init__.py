"""Lab 12: the storm."""
