"""External edges: their claims, compared with the truth."""
