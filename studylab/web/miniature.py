"""A bench in one small picture: truth, outbox, tape, and what each edge answers. From an observation, or recorded."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

from studylab.installed import CONCEPTS
from studylab.web.looks import edge_look, verdict_look
from vango.observe.model import Observation

RECORDED = CONCEPTS / "recorded" / "a-bench.json"
MOST_ROUTES = 3
MOST_CELLS = 6


@dataclass(frozen=True, slots=True)
class SmallEdge:
    """One edge: what it claims, and the owner that it would answer for each route, with whether that is right."""

    name: str
    words: str
    icon: str
    tone: str
    rows: tuple[tuple[str, bool], ...]


@dataclass(frozen=True, slots=True)
class Miniature:
    """One bench. `cells` are the last stream seqs on the tape; `is_recorded` says that nothing of it is live."""

    routes: tuple[tuple[str, str], ...]
    waiting: int
    cells: tuple[int, ...]
    edges: tuple[SmallEdge, ...]
    verdict: str
    icon: str
    tone: str
    is_recorded: bool = False


def of(seen: Observation) -> Miniature:
    """Return what an observation shows."""
    routes = tuple((route.name, route.owner) for route in seen.truth.routes[:MOST_ROUTES])
    cells = tuple(cell.seq for cell in seen.routes.cells[-MOST_CELLS:]) if seen.routes else ()
    look = verdict_look(seen, seen.audit.soundness)
    return Miniature(
        routes, seen.outbox.waiting, cells, tuple(_edge(edge, routes) for edge in seen.edges), look.words, look.icon,
        look.tone,
    )  # fmt: skip


def _edge(edge: Any, routes: tuple[tuple[str, str], ...]) -> SmallEdge:
    held = {row.route: row for row in edge.rows}
    rows = tuple(
        (held[name].owner, held[name].owner == owner) if name in held else ("nothing", False) for name, owner in routes
    )
    look = edge_look(edge)
    return SmallEdge(edge.name, look.words, look.icon, look.tone, rows)


@cache
def recorded(path: Path = RECORDED) -> Miniature:
    """Return the recorded bench: a real one, on which the control plane had published before it committed."""
    return _read(json.loads(path.read_text(encoding="utf-8")))


def written(bench: Miniature) -> str:
    """Write a picture as the file that `recorded` reads."""
    return json.dumps(asdict(bench), ensure_ascii=False, indent=1) + "\n"


def _read(kept: Mapping[str, Any]) -> Miniature:
    edges = tuple(SmallEdge(**{**edge, "rows": tuple(map(tuple, edge["rows"]))}) for edge in kept["edges"])
    routes = tuple(map(tuple, kept["routes"]))
    return Miniature(**{**kept, "routes": routes, "cells": tuple(kept["cells"]), "edges": edges, "is_recorded": True})
