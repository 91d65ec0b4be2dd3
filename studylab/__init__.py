"""The lab around the system under study: sessions, pages, guided labs. It uses `vango`; `vango` knows nothing of it."""
