"""The steps of lab 3, by its parts."""
