"""What the steps of lab 1 look for, by its parts."""
