"""The folded parts of a page, fetched when they are opened: a moment's content, and the lines of a function."""

from __future__ import annotations

from flask import Blueprint, render_template, request

from studylab.web.evidence import tabs
from studylab.web.running import listing
from studylab.web.state import call, hub
from vango.actors.errors import NotThere
from vango.bench.bench import Bench
from vango.journal.moment import Moment
from vango.observe import message

moments = Blueprint("moments", __name__)


@moments.get("/bench/moments/<int:n>")
def evidence(n: int) -> str:
    """The evidence of a moment, as a piece of a page."""
    moment, asked = call(_find(hub().bench, n))
    shown = tabs(moment, asked)
    titles, forks = [(tab.key, tab.title) for tab in shown], request.args.get("forks") == "yes"
    return render_template("evidence.html", moment=moment, tabs=shown, titles=titles, forks=forks, locked={})


@moments.get("/code/<key>")
def code(key: str) -> str:
    """The lines of one of the running functions, as a piece of a page."""
    found = listing(key)
    if found is None:
        raise NotThere(f"There is no listing {key[:40]!r}. The page shows those that exist.")
    return render_template("listing.html", it=found)


async def _find(bench: Bench, n: int) -> tuple[Moment, dict[str, object]]:
    last = bench.journal.last
    moment = next((moment for moment in bench.journal.up_to(min(n, last), 1) if moment.n == n), None)
    if moment is None:
        raise NotThere(f"The journal has no moment {str(n)[:20]}; its last is {last}.")
    return moment, await message.find(bench, moment)
