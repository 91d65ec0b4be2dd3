"""The steps of lab 4, by its parts."""
