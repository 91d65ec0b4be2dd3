"""Scripts of faults, and the verdict of the audit."""
