"""The steps of lab 5, by its parts."""
