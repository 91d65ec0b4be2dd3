"""The steps of lab 1, by its parts."""
