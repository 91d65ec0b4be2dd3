"""What the steps of lab 3 look for, by its parts."""
