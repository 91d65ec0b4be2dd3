"""The rules of propagation as pure functions over values: no I/O, no clock, no randomness, standard library only."""
