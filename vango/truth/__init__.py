"""The database of truth: commits first, with an outbox row in the same transaction."""
