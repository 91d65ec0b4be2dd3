"""The steps of lab 6, by its parts."""
