"""The steps of lab 8, by its parts."""
