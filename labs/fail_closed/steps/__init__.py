"""The steps of lab 10, by its parts."""
