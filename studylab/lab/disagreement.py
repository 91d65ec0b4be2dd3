"""Where an edge serves something else than the database has: the first such row, as a value with its words. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from vango.observe.model import Observation


@dataclass(frozen=True, slots=True)
class Disagreement:
    """An edge's row of a route, and the database's. `route` is empty where the edge lacks rows, or has too many."""

    edge: str
    route: str = ""
    held: str = ""
    expected: str = ""

    def __str__(self) -> str:
        if not self.route:
            return f"{self.edge} does not hold every route yet."
        return f"{self.edge} serves {self.route} from {self.held}, which is not what the database has."


def disagreement(seen: Observation) -> Disagreement | None:
    """Return the first row of an edge that is not the database's row now; None when there is none."""
    truth = {route.name: (route.owner, route.epoch) for route in seen.truth.routes}
    for edge in seen.edges:
        for row in edge.rows:
            if truth.get(row.route) != (row.owner, row.epoch):
                return Disagreement(edge.name, row.route, row.owner, truth.get(row.route, ("", 0))[0])
        if len(edge.rows) != len(truth):
            return Disagreement(edge.name)
    return None
