"""The base: errors, tasks, files, databases, and the points where an actor can be told to stop."""
