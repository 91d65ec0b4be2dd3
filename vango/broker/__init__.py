"""The real nats-server: its process, its files, the connections to it, and permissions."""
