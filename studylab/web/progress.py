"""Progress: the page, the notebook, the file to carry it in, and the way back in. Reading it wakes no bench."""

from __future__ import annotations

import time
from typing import Any

from flask import Blueprint, Response, flash, jsonify, make_response, redirect, render_template, request, session
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.wrappers import Response as AnyResponse

from studylab.lab import records
from studylab.lab.calibration import calibrate, judgement
from studylab.lab.notebook import duration, entries, grouped, markdown, when
from studylab.lab.progress import Record
from studylab.web.charts import bars
from studylab.web.htmx import wants_json
from studylab.web.state import acting, call, state
from vango.actors.errors import BadInput, VangoError

progress = Blueprint("progress", __name__)

FORM_BYTES = 4096
MAX_IMPORT = records.MAX_BYTES + FORM_BYTES


def percent(share: float) -> str:
    """Write a share as a whole number of hundredths."""
    return f"{share:.0%}"


for word in (percent, judgement, when, duration, entries, grouped):
    progress.add_app_template_global(word)


class TooLarge(VangoError):
    """A file that is larger than progress ever is. Nothing was changed."""

    status_hint = 413


def kept() -> tuple[dict[str, Record], list[str]]:
    """Return the visitor's records by slug, in the order of the labs, and a sentence for each that cannot be read."""
    if "bench" not in session:
        return {}, []
    found, troubles = records.load_all(state().benches.folder(session["bench"]))
    order = sorted(found.values(), key=lambda record: (record.number, record.slug))
    return {record.slug: record for record in order}, troubles


@progress.get("/progress")
def page() -> str:
    """Progress, confidence and accuracy of one visitor."""
    return _page()


@progress.get("/progress/notebook")
def notebook() -> str:
    """The lab notebook as a page to print."""
    found, _ = kept()
    calibration = calibrate(found.values())
    return render_template("notebook.html", records=[*found.values()], calibration=calibration, at=time.time())


@progress.get("/progress/notebook.md")
def notebook_markdown() -> Response:
    """The lab notebook as a Markdown file."""
    return _file(markdown([*kept()[0].values()], at=time.time()), "notebook", "md", "text/markdown")


@progress.get("/progress/export.json")
def export() -> Response:
    """All progress as one file."""
    return _file(records.seal(kept()[0].values(), at=time.time(), indent=1), "progress", "json", "application/json")


@progress.post("/progress/import")
def bring_in() -> AnyResponse:
    """Merge a file of progress into this visitor's. An invalid file is refused and changes nothing."""
    try:
        brought = records.unseal(_given())
    except VangoError as error:
        if wants_json():
            raise
        return make_response(_page(complaint=str(error)), error.status_hint)
    found = acting(new=True)
    changed = call(_bring_in(found, brought))
    sentence = _said(brought, changed)
    if wants_json():
        return jsonify(ok=True, sentence=sentence, labs=len(brought), changed=changed)
    flash(sentence)
    return redirect("/progress", 303)


async def _bring_in(found: Any, brought: tuple[Record, ...]) -> int:
    changed: int = found.bring_in(brought)
    return changed


def _page(complaint: str = "") -> str:
    found, troubles = kept()
    begun = [*found.values()]
    calibration = calibrate(begun)
    still = [lab for lab in state().benches.labs.values() if lab.slug not in found]
    return render_template(
        "progress.html", records=begun, still=still, troubles=troubles, complaint=complaint, calibration=calibration,
        bars=bars(calibration.levels),
    )  # fmt: skip


def _given() -> bytes:
    """Return the file that was sent, in a form or as the body. Raises `BadInput` or `TooLarge`."""
    request.max_content_length = MAX_IMPORT
    try:
        if request.is_json:
            return request.get_data()
        given = request.files.get("file")
    except RequestEntityTooLarge as error:
        raise TooLarge(
            f"This file is larger than {records.MAX_BYTES // 1024 // 1024} MB, so it is not an export of progress. "
            "Nothing was changed."
        ) from error
    if given is None or not given.filename:
        raise BadInput("No file was chosen. Choose a JSON file that “Export” has written, then press “Import”.")
    content: bytes = given.read()
    return content


def _said(brought: tuple[Record, ...], changed: int) -> str:
    labs = f"{len(brought)} lab" + ("" if len(brought) == 1 else "s")
    if not changed:
        return f"The file holds progress in {labs}, and all of it was here already. Nothing was changed."
    return f"The file holds progress in {labs}. Your progress in {changed} of them was extended."


def _file(text: str, name: str, ending: str, mimetype: str) -> Response:
    response = Response(text, mimetype=mimetype)
    day = time.strftime("%Y-%m-%d")
    response.headers["Content-Disposition"] = f'attachment; filename="study-lab-{name}-{day}.{ending}"'
    return response
