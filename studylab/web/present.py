"""Words and looks for the templates: pure functions from an observation to what a person reads.

Nothing here decides anything about a bench. A look is a word, an icon and a tone, so that colour is never the only
sign.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import Flask

from studylab.web import drawing, evidence, fields, pieces, running
from studylab.web.fields import plain
from vango.actors.crash_points import Tempo
from vango.core.audit import Soundness
from vango.core.modes import ANSWERS, Mode
from vango.core.rules import ROUTE_EVENTS
from vango.journal.facts import ModeChange
from vango.journal.moment import Moment
from vango.observe.model import (
    BrokerSeen,
    CellSeen,
    ConsumerSeen,
    EdgeSeen,
    GuestSeen,
    Observation,
    RelaySeen,
    StreamSeen,
    TruthSeen,
)
from vango.verbs.registry import REGISTRY

LANES = ("learner", "database", "relay", "stream", "fra", "iad", "syd", "broker")
GUESTS = "guests"
PAUSE_S = 2.0
TEMPI = (
    (Tempo.LIVE.value, "Actors run at full speed"),
    (Tempo.SLOW.value, "Actors pause at each point of their paths"),
    (Tempo.STEP.value, "Actors wait at each point until you release them"),
)
QUIET_S = 6.0
STORED_SHOWN = 20
_ASKED = {"right": "right", "refused": "refused", "wrong": "misrouted"}


@dataclass(frozen=True, slots=True)
class Look:
    """How a state is shown: its words, the name of an icon, and a tone that is a CSS class."""

    words: str
    icon: str
    tone: str


_MODES = {
    Mode.DOWN: Look("Down", "stop", "is-closed"),
    Mode.LOADING: Look("Loading", "wait", "is-wait"),
    Mode.CATCHING_UP: Look("Catching up from {n}", "wait", "is-wait"),
    Mode.CURRENT: Look("Current at {n}", "check", "is-ok"),
    Mode.FAILED_CLOSED: Look("Failed closed", "shut", "is-shut"),
    Mode.REBUILDING: Look("Rebuilding", "again", "is-wait"),
}
_BROKER = {"up": Look("up", "check", "is-ok"), "frozen": Look("frozen", "frozen", "is-shut")}
_RELAY = {"up": Look("running", "check", "is-ok"), "waiting": Look("waiting", "wait", "is-wait")}
_ALLOCATION = {"ready": "check", "pending": "wait", "draining": "down", "gone": "cross"}
_TONES = {
    "crash": "is-bad", "kill": "is-bad", "exit": "is-bad", "refused": "is-bad", "untold": "is-bad", "gap": "is-bad",
    "silent": "is-bad", "purge": "is-warn", "deleted": "is-warn", "recreated": "is-warn", "noise": "is-warn", "duplicate": "is-warn", "verdict": "is-warn", "limits": "is-warn", "advisory": "is-warn",
    "apply": "is-ok", "commit": "is-truth", "publish": "is-relay", "store": "is-stream",
}  # fmt: skip
_BECAME = {Mode.FAILED_CLOSED: "is-bad", Mode.CURRENT: "is-ok", Mode.REBUILDING: "is-warn"}


def edge_look(edge: EdgeSeen | GuestSeen) -> Look:
    """Return an edge's claim in words, and that it is false, if the audit knows."""
    look = _MODES[edge.mode]
    words = look.words.format(n=edge.sequence)
    if any(row.lie for row in edge.rows) and edge.mode in (Mode.CURRENT, Mode.CATCHING_UP):
        says = f"Says {words[0].lower()}{words[1:]}"
        return Look(f"{says}, is not" if edge.mode is Mode.CURRENT else f"{says}, with wrong rows", "cross", "is-lie")
    return Look(words, look.icon, look.tone)


def broker_look(broker: BrokerSeen) -> Look:
    """Return the state of the broker process in words."""
    return _BROKER.get(broker.state, Look(broker.state or "down", "stop", "is-bad"))


def relay_look(relay: RelaySeen) -> Look:
    """Return the state of the relay in words."""
    return _RELAY.get(relay.state, Look(relay.state or "down", "stop", "is-closed"))


def soundness_look(soundness: Soundness) -> Look:
    """Return the audit's verdict in a word."""
    if soundness is Soundness.SOUND:
        return Look("Sound", "check", "is-ok")
    if soundness is Soundness.VIOLATED:
        return Look("Not sound", "warn", "is-lie")
    return Look("Still converging", "wait", "is-wait")


def allocation_icon(state: str) -> str:
    """Return the icon of an allocation's state."""
    return _ALLOCATION.get(state, "circle")


def moment_tone(moment: Moment) -> str:
    """Return the tone of a journal entry; a mode's is that of what the edge became."""
    if moment.kind == "mode":
        became = moment.read(ModeChange).after
        return _BECAME.get(became, "") if became else ""
    return _TONES.get(moment.kind, "")


def sentence(text: str) -> str:
    """Make a phrase a sentence."""
    return text if not text else text[0].upper() + text[1:] + ("" if text[-1] in ".…" else ".")


def span(seconds: float) -> str:
    """Write a duration as the tools of NATS do: 2m0s, 1h30m0s, 0.5s."""
    if seconds != int(seconds):
        return f"{seconds:g}s"
    hours, rest = divmod(int(seconds), 3600)
    minutes, left = divmod(rest, 60)
    return (f"{hours}h" if hours else "") + (f"{minutes}m" if minutes or hours else "") + f"{left}s"


def size(count: int) -> str:
    """Write a number of bytes for people."""
    value = float(count)
    for unit in ("B", "KiB", "MiB"):
        if value < 1024:
            return f"{value:.0f} {unit}" if unit == "B" else f"{value:.1f} {unit}"
        value /= 1024
    return f"{value:.1f} GiB"


def limit(value: float, write: Any = str) -> str:
    """Write a limit; JetStream's -1 and 0 mean that there is none."""
    return str(write(value)) if value > 0 else "no limit"


def plural(count: int, one: str, many: str = "") -> str:
    """Write a count with its noun."""
    return f"{count} {one if count == 1 else many or one + 's'}"


def clock(at: float) -> str:
    """Write a moment's time of day, to the millisecond."""
    return time.strftime("%H:%M:%S", time.localtime(at)) + f".{int(at * 1000) % 1000:03d}"


def probe_words(edge: EdgeSeen | GuestSeen) -> str:
    """Return the outcomes of the last requests in words."""
    if not edge.probes:
        return "no requests yet"
    counts = Counter(drawing.shown(probe) for probe in edge.probes)
    words = {"right": "right", "wrong": "misrouted", "refused": "refused", "late": "late"}
    said = ", ".join(f"{counts[outcome]} {word}" for outcome, word in words.items() if counts[outcome])
    return f"last {plural(len(edge.probes), 'request')}: {'all' if len(counts) == 1 else said} " + (
        words[next(iter(counts))] if len(counts) == 1 and next(iter(counts)) in words else ""
    )


def asked_words(edge: EdgeSeen | GuestSeen, since: str = "with these rules") -> str:
    """Return the outcomes of all requests since the edge got its present rules, or since another event."""
    said = ", ".join(f"{edge.asked.get(outcome, 0)} {word}" for outcome, word in _ASKED.items())
    late = edge.asked.get("late", 0)
    return f"{since}: {said}" + (f", {late} late" if late else "")


def heard_words(edge: EdgeSeen) -> str:
    """Return how old an edge's claim is, if it has heard nothing for longer than an idle relay is silent."""
    silent = edge.mode in ANSWERS and edge.silent_s > QUIET_S
    return f"Answers as of {edge.silent_s} s ago: nothing heard since" if silent else ""


def counter_words(edge: EdgeSeen) -> str:
    """Return the edge's counters in words: always received and applied, the others if not 0."""
    received, applied = (f"{edge.counters.get(name, 0)} {name}" for name in ("received", "applied"))
    shown = [f"{received}, {size(edge.counters.get('bytes', 0))}", applied]
    rare = {"redelivered": "redelivered", "duplicates": "duplicate", "stale": "stale", "gaps": "gap", "foreign": "foreign",
            "invalid": "invalid", "rebuilds": "rebuild"}  # fmt: skip
    counts = ((edge.counters.get(name, 0), one, name) for name, one in rare.items())
    return " · ".join(shown + [plural(count, one, name) for count, one, name in counts if count])


def consumer_words(consumer: ConsumerSeen) -> str:
    """Return what is special about a consumer; empty for a durable one for routes that is kept until it is deleted."""
    words = [] if consumer.durable else ["ephemeral"]
    if consumer.inactive_threshold_s:
        words.append(f"deleted after {span(consumer.inactive_threshold_s)} unread")
    if consumer.subject_filter != ROUTE_EVENTS:
        words.append(f"filter {consumer.subject_filter}")
    return ", ".join(words)


@dataclass(frozen=True, slots=True)
class Line:
    """One row of an edge's view beside the truth's row of the same route; `owner` is empty when the view has no row."""

    route: str
    owner: str
    epoch: int
    drains: int
    cause: str
    tone: str
    should: str


def view_lines(edge: EdgeSeen | GuestSeen, truth: TruthSeen) -> Iterator[Line]:
    """Yield the view's rows in the truth's order, then those that the truth does not have."""
    rows = {row.route: row for row in edge.rows}
    owners = {route.name: f"{route.owner}, epoch {route.epoch}" for route in truth.routes}
    for name in [*owners, *(route for route in rows if route not in owners)]:
        row, should = rows.get(name), owners.get(name, "no such route")
        if row is None:
            yield Line(name, "", 0, 0, "no row", "is-behind", should)
        else:
            tone = "is-lie" if row.lie else "is-behind" if row.cause else ""
            yield Line(row.route, row.owner, row.epoch, row.drains, row.cause, tone, should)


def details(moment: Moment) -> list[tuple[str, str, bool]]:
    """Return a moment's details as name, text and whether the text is a block."""
    found = []
    for name, value in moment.detail.items():
        if name in evidence.SHOWN_ELSEWHERE or value is None or value == "" or value == {}:
            continue
        if isinstance(value, dict):
            text = "\n".join(f"{key}: {plain(item)}" for key, item in value.items())
        elif isinstance(value, list | tuple):
            text = "\n".join(plain(item) for item in value)
        else:
            text = plain(value)
        found.append((name.replace("_", " "), text, "\n" in text or len(text) > 60))
    return found


def pauses(moments: Sequence[Moment]) -> Iterator[tuple[Moment, str]]:
    """Yield each moment with the idle time before it in words, empty when it was short."""
    before: float | None = None
    for moment in moments:
        idle = 0.0 if before is None else moment.at - before
        yield moment, f"{idle:.0f} s later" if 0 < PAUSE_S <= idle < 120 else _long(idle)
        before = moment.at


def lane(actor: str) -> str:
    """Return the lane of an actor's moments; external edges share one."""
    return actor if actor in LANES else GUESTS


def lanes(moments: Sequence[Moment]) -> tuple[str, ...]:
    """Return the lanes to draw: that of the guests only when one of them did something."""
    has_guests = any(lane(moment.actor) == GUESTS for moment in moments)
    return (*LANES[:-1], GUESTS, LANES[-1]) if has_guests else LANES


def lock_reasons(verbs: Sequence[str], locked: Mapping[str, str]) -> list[str]:
    """Return each reason once, in the order of the verbs that it holds for."""
    return list(dict.fromkeys(locked[verb] for verb in verbs if verb in locked))


def others(seen: Observation) -> tuple[StreamSeen, ...]:
    """Return the streams other than that of the routes."""
    return tuple(stream for stream in seen.streams if stream.name != "ROUTES")


def stored_cells(stream: StreamSeen) -> list[tuple[CellSeen, bool]]:
    """Return the last messages, newest first, each with whether an earlier one in sight holds the same event."""
    seen: set[str] = set()
    found: list[tuple[CellSeen, bool]] = []
    for cell in stream.cells:
        found.append((cell, cell.event_id in seen))
        seen.add(cell.event_id)
    return found[: -STORED_SHOWN - 1 : -1]


def register(app: Flask) -> None:
    """Give the templates these words."""
    functions = (edge_look, broker_look, relay_look, soundness_look, allocation_icon, moment_tone, sentence, span, size, limit, plural,
                 clock, probe_words, asked_words, heard_words, counter_words, view_lines, details, pauses, lane, lanes, fields.rules_now, fields.name_source, fields.names_of,
                 fields.field_options, fields.number_limits, fields.parameter_words, lock_reasons, others, drawing.tape, drawing.cells, drawing.strip, drawing.outcomes, drawing.depth, running.listings,
                 consumer_words, stored_cells, fields.subjects_now, evidence.latest, pieces.kept, pieces.kept_each, pieces.arguments_of)  # fmt: skip
    app.jinja_environment = pieces.Templates
    app.jinja_env.globals.update({function.__name__: function for function in functions})
    app.jinja_env.globals.update(
        REGISTRY=REGISTRY,
        TEMPI=TEMPI,
        CODE_TABS=evidence.CODE_TABS,
        icon_file=f"{app.static_url_path}/icons/icons.svg",
    )
    app.jinja_env.finalize = pieces.shown
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True


def _long(idle: float) -> str:
    return f"{idle / 60:.0f} min later" if idle >= 120 else ""
