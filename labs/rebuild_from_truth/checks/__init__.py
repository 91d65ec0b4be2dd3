"""What the steps of lab 11 look for, by its parts."""
