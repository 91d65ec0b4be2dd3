"""What the steps of lab 4 look for, by its parts."""
