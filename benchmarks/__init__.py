"""What `make bench` runs: one module a row of the table, each with a `measure` that returns its rows."""
