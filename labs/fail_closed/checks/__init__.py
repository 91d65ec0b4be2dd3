"""What the steps of lab 10 look for, by its parts."""
