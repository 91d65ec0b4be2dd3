"""What the steps of lab 9 look for, by its parts."""
