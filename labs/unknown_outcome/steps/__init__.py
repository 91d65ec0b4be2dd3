"""The steps of lab 9, by its parts."""
