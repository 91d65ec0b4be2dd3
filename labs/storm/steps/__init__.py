"""The steps of lab 12, by its parts."""
