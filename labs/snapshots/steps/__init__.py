"""The steps of lab 7, by its parts."""
