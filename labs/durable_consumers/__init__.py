"""Lab 4: durable consumers."""
