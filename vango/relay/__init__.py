"""The relay: publishes the outbox in order, then marks."""
