"""The base: errors, tasks, files, databases, and the places where an actor can be told to stop."""
