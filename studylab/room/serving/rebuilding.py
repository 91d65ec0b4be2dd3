"""What another host would rebuild a bench from, and the rebuilding: lab, step, predictions, and what was done since."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterable, Mapping
from pathlib import Path

from studylab.hub import Hub
from studylab.lab import records, store
from studylab.lab.attempt import Attempt, Prediction
from studylab.lab.model import Lab, Predict
from studylab.lab.progress import Record
from studylab.room.protocol import Carry
from vango.actors.errors import VangoError
from vango.journal.verb_log import Row
from vango.verbs import script
from vango.verbs.script import Act


def acts(rows: Iterable[Row], after: int) -> str:
    """Return the verbs that a learner did after a moment as a script; what a lab did for them is played by the lab."""
    own = [row for row in rows if row.moment > after and not row.cause][-script.MAX_ACTS :]
    return script.as_text(_act(row) for row in own)


def _act(row: Row) -> Act:
    return script.act(row.verb, **{name: value for name, value in row.arguments.items() if value is not None})


def progress(folder: Path, running: Mapping[str, Record]) -> str:
    """Return the progress of a bench as one document: what is on disk, with the newer of what runs."""
    found, _ = records.load_all(folder)
    return records.seal({**found, **running}.values(), at=time.time())


async def bring(hub: Hub, lab: Lab, step: str) -> None:
    """Bring a bench to a step of a lab; without a step to its beginning. Raises what the lab raises."""
    run = hub.run(lab.slug)
    if step and lab.index(step):
        await run.catch_up(step)
    else:
        await run.start()


async def rebuild(hub: Hub, carry: Carry, labs: Mapping[str, Lab]) -> None:
    """Make a bench again out of what another host had said of it. Raises what the lab raises.

    What cannot be read is left out: a bench with less is better than none.
    """
    brought: tuple[Record, ...] = ()
    with contextlib.suppress(VangoError):
        brought = records.unseal(carry.progress.encode()) if carry.progress else ()
        hub.bring_in(brought)
    lab = labs.get(carry.lab)
    if lab is not None and carry.step in {step.id for step in lab.steps}:
        record = next((record for record in brought if record.slug == lab.slug), None)
        if record is not None:
            # Before the play of the lab is made: it reads this, and counts what was done as the learner's own.
            store.save(hub.bench.folder, lab.slug, as_it_was(lab, record, carry.step))
            hub.take_up(lab.slug)
        await bring(hub, lab, carry.step)
    for act in script.parse(carry.script):
        # It was refused then, or is now: what follows may still be done.
        with contextlib.suppress(VangoError):
            await hub.bench.perform(act.verb, dict(act.arguments))


def as_it_was(lab: Lab, record: Record, step: str) -> Attempt:
    """Return the attempt at a lab as far as its record tells: who did which steps, and what was predicted."""
    target = lab.index(step)
    behind = {one.id for one in lab.steps[:target]}
    return Attempt(
        begun=True,
        step=target,
        predictions={
            one.id: Prediction(key, record.predictions[one.id].confidence)
            for one in lab.steps
            if isinstance(one, Predict) and one.id in record.predictions
            for key in [next((o.key for o in one.options if o.text == record.predictions[one.id].chosen), "")]
            if key
        },
        hints={key: count for key, count in record.hints.items() if key in behind or key == step},
        marks={key: done.how for key, done in record.done.items() if key in behind and done.how},
    )
