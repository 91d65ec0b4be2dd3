"""What the steps of lab 2 look for, by its parts."""
