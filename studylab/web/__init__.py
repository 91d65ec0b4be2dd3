"""The web side: blueprints for pages, benches and streams, the guard in front of them, and errors as sentences."""
