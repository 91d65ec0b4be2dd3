"""Whether a host that says nothing still runs: the desk knocks at its door, as a browser would.

Where a class is too much for a machine, hosts are silent because they wait for a processor. Moving their seats would
give the machine more to do, and take benches from people whose pages still work.
"""

from __future__ import annotations

import asyncio
from urllib.parse import urlsplit

KNOCK_S = 2.0
PORTS = {"http": 80, "https": 443}


async def runs(url: str) -> bool:
    """Return whether somebody is there: the door opens, and an answer comes, or is a long time in coming."""
    try:
        at = urlsplit(url)
        secured = at.scheme == "https"
        async with asyncio.timeout(KNOCK_S):
            port = at.port or PORTS.get(at.scheme, 80)
            reader, writer = await asyncio.open_connection(at.hostname, port, ssl=secured or None)
    except (OSError, ValueError):
        # Nobody opened in time, or the address cannot be read.
        return False
    try:
        writer.write(f"GET {at.path}/healthz HTTP/1.1\r\nHost: {at.netloc}\r\nConnection: close\r\n\r\n".encode())
        async with asyncio.timeout(KNOCK_S):
            said = await reader.readline()
    except TimeoutError:
        return True
    except (OSError, ValueError):
        return False
    finally:
        writer.close()
    # A proxy answers with 502 for a host that is gone.
    return bool(said) and b" 5" not in said[:12]
