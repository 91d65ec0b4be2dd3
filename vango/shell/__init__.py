"""What the command line runs on benches of its own."""
