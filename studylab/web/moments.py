"""One moment of the journal, opened: its evidence, fetched when somebody looks."""

from __future__ import annotations

from flask import Blueprint, render_template

from studylab.web.evidence import tabs
from studylab.web.state import call, hub
from vango import stored
from vango.bench import Bench
from vango.errors import NotThere
from vango.observation import Moment

moments = Blueprint("moments", __name__)


@moments.get("/bench/moments/<int:n>")
def evidence(n: int) -> str:
    """The evidence of a moment, as a piece of a page."""
    moment, found = call(_find(hub(new=False).bench, n))
    shown = tabs(moment, found)
    return render_template("evidence.html", moment=moment, tabs=shown, titles=[(tab.key, tab.title) for tab in shown])


async def _find(bench: Bench, n: int) -> tuple[Moment, dict[str, object]]:
    moment = next((moment for moment in bench.journal.up_to(n, 1) if moment.n == n), None)
    if moment is None:
        raise NotThere(f"The journal has no moment {str(n)[:20]}; its last is {bench.journal.last}.")
    return moment, await stored.find(bench, moment)
