"""An edge of your own: python examples/edge.py NAME URL USER PASSWORD [FOLDER]"""

import asyncio
import contextlib
import json
import secrets
import sys
from pathlib import Path

import nats
from nats.js.errors import NotFoundError


class FailedClosed(Exception):
    """Something between this view and what comes next is unknown."""


def take_in(view, event):
    """Apply an event to a view. The same notice twice, or an owner of the past, changes nothing."""
    sequence, fact = event["sequence"], event["data"]
    row = view["routes"].get(fact["route"], {"epoch": 0, "event_id": ""})
    if event["id"] == row["event_id"] or (sequence <= view["sequence"] and fact["epoch"] <= row["epoch"]):
        return
    if sequence != view["sequence"] + 1 or event["previousid"] != view["event_id"]:
        raise FailedClosed(f"event {sequence} does not follow {view['sequence']}: something is missing")
    if fact["epoch"] <= row["epoch"]:
        raise FailedClosed(f"event {sequence} brings epoch {fact['epoch']} of {fact['route']} after {row['epoch']}")
    view["routes"][fact["route"]] = {"owner": fact["owner"], "epoch": fact["epoch"], "event_id": event["id"]}
    view.update(sequence=sequence, event_id=event["id"])


def standing(view, mark):
    """Return the mode. Current only by the control plane's word: that nothing is pending proves nothing."""
    if mark is None or mark["sequence"] > view["sequence"]:
        return "catching up"
    if (mark["sequence"], mark["id"]) != (view["sequence"], view["event_id"]):
        raise FailedClosed(f"this view is at {view['sequence']}, the truth at {mark['sequence']}: they do not agree")
    return "current"


class Edge:
    """A view, and what it claims. `mark` is the control plane's last word for how far the truth has come."""

    def __init__(self, file):
        self.file, self.mark, self.changed = file, None, asyncio.Event()
        self.view = json.loads(file.read_text()) if file.exists() else {"sequence": 0, "event_id": "", "routes": {}}
        self.said = {"instance": secrets.token_hex(4), "mode": "catching up", "reason": ""}

    async def on_event(self, message):
        """Apply, keep, and only then ack: what was not kept comes again."""
        if self.try_to(take_in, self.view, json.loads(message.data)):
            if self.mark and self.mark["sequence"] < self.view["sequence"]:
                self.mark = None  # heard before this event: it says nothing of it
            self.try_to(self.stand)
            draft = self.file.with_suffix(".new")
            draft.write_text(json.dumps(self.view))
            draft.replace(self.file)
            await message.ack()

    async def on_mark(self, message):
        """Hold the view against the control plane's word."""
        self.mark = json.loads(message.data)["route"]
        self.try_to(self.stand)

    def stand(self):
        self.said["mode"] = standing(self.view, self.mark)

    def try_to(self, act, *arguments):
        """Act, or fail closed; once failed closed, nothing is done any more. Returns whether it was done."""
        if self.said["mode"] == "failed closed":
            return False
        self.changed.set()
        try:
            act(*arguments)
        except FailedClosed as error:
            self.said.update(mode="failed closed", reason=str(error))
        return self.said["mode"] != "failed closed"


async def main(name, url, user, password, folder="."):
    """Follow the routes of a bench; claim what can be proved, once a second and after every change."""
    edge = Edge(Path(folder) / f"{name}.json")
    nc = await nats.connect(
        url, user=user, password=password, name=name, max_reconnect_attempts=-1, inbox_prefix=f"_INBOX_{user}"
    )
    js = nc.jetstream()
    await nc.subscribe("control.heartbeat", cb=edge.on_mark)
    if not edge.view["sequence"]:
        with contextlib.suppress(NotFoundError):  # the cursor of an earlier life stands beyond an empty view
            await js.delete_consumer("ROUTES", name)
    await js.subscribe("route.owner.updated.>", stream="ROUTES", durable=name, cb=edge.on_event, manual_ack=True)
    while True:
        await nc.publish(f"edges.{name}.claim", json.dumps({**edge.said, **edge.view}).encode())
        edge.changed.clear()
        with contextlib.suppress(asyncio.TimeoutError):
            await asyncio.wait_for(edge.changed.wait(), 1)
        await asyncio.sleep(0.1)  # a bench reads at most ten claims a second


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
