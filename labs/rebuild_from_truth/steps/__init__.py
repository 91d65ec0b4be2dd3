"""The steps of lab 11, by its parts."""
