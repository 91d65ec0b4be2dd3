"""What the steps of lab 7 look for, by its parts."""
