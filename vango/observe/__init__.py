"""Looking: one frozen picture of truth, broker and edges."""
