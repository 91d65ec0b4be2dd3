"""What the steps of lab 8 look for, by its parts."""
