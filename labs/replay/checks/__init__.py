"""What the steps of lab 6 look for, by its parts."""
