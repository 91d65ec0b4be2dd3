"""A guest as a process: says the same claim twice a second under a name. python guest.py NAME URL USER PASSWORD CLAIM"""

from __future__ import annotations

import asyncio
import sys

import nats

EVERY_S = 0.5


async def main(name: str, url: str, user: str, password: str, claim: str) -> None:
    """Claim until the process ends."""
    client = await nats.connect(
        url, user=user, password=password, max_reconnect_attempts=-1, inbox_prefix="_INBOX_edge"
    )
    while True:
        await client.publish(f"edges.{name}.claim", claim.encode())
        await asyncio.sleep(EVERY_S)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
