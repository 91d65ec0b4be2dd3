"""An edge in forty lines, without a disk: python examples/small_edge.py NAME URL USER PASSWORD"""

import asyncio
import contextlib
import json
import secrets
import sys

import nats


async def main(name, url, user, password):
    """Read the route events from the first on; claim what they and the control plane's word prove."""
    view = {"instance": secrets.token_hex(4), "mode": "catching up", "sequence": 0, "event_id": "", "routes": {}}

    async def on_event(message):
        event = json.loads(message.data)
        if event["sequence"] > view["sequence"]:  # else it is a second notice, which changes nothing
            if event["previousid"] != view["event_id"]:
                view.update(mode="failed closed", reason=f"what came after event {view['sequence']} is unknown")
                return  # without an ack: it comes again, behind what closes the gap if anything does
            view["routes"][event["data"]["route"]] = event["data"]  # it has owner and epoch
            view.update(mode="catching up", reason="", sequence=event["sequence"], event_id=event["id"])
        await message.ack()

    async def on_mark(message):
        if view["mode"] != "failed closed":
            view["mode"] = "current" if json.loads(message.data)["route"]["id"] == view["event_id"] else "catching up"

    nc = await nats.connect(url, user=user, password=password, allow_reconnect=False, inbox_prefix="_INBOX_edge")
    with contextlib.suppress(nats.js.errors.NotFoundError):  # a cursor of an earlier life stands beyond an empty view
        await nc.jetstream().delete_consumer("ROUTES", name)
    await nc.jetstream().subscribe("route.owner.updated.>", stream="ROUTES", durable=name, cb=on_event, manual_ack=True)
    await nc.subscribe("control.heartbeat", cb=on_mark)
    while nc.is_connected:  # what a broker goes through meanwhile nobody knows: end with it, and be started again
        await nc.publish(f"edges.{name}.claim", json.dumps(view).encode())
        await asyncio.sleep(1)


asyncio.run(main(*sys.argv[1:]))
