"""What the steps of lab 5 look for, by its parts."""
