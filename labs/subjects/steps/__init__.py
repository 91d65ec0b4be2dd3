"""The steps of lab 2, by its parts."""
