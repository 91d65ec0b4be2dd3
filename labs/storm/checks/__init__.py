"""What the steps of lab 12 look for, by its parts."""
