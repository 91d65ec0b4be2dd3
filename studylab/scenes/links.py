"""Scripts in an address: acts as compact text, and back, with nothing trusted on the way.

Pure. A link is the script's text, deflated, in base64 for addresses. Reading one checks every act against the
registry of verbs, so that what is shown can also be played.
"""

from __future__ import annotations

import base64
import binascii
import zlib
from collections.abc import Iterable
from functools import lru_cache

from studylab.lab.labels import label
from vango.actors.errors import BadInput, NotThere, VangoError
from vango.actors.told import fit
from vango.journal.verb_log import NEEDS_NO_ROW
from vango.verbs.registry import find
from vango.verbs.script import MAX_ACTS, Act, parse

MAX_LINK = 2_000
MAX_TEXT = 20_000
"""Characters of a script's text: a link of a few characters may hold millions."""
CANNOT = "This link holds no script"


def write(acts: Iterable[Act]) -> str:
    """Return acts as they stand in an address. Raises `BadInput` when there are too many for one."""
    return of_lines(tuple(map(str, acts)))


@lru_cache(64)
def of_lines(lines: tuple[str, ...]) -> str:
    """Return a script's lines, an act each, as they stand in an address. Raises `BadInput` as `write` does."""
    if len(lines) > MAX_ACTS:
        raise BadInput(f"The script is too long for a link: {len(lines)} acts; at most {MAX_ACTS} fit.")
    packed = zlib.compressobj(9, wbits=-15)
    text = "".join(f"{line}\n" for line in lines)
    made = base64.urlsafe_b64encode(packed.compress(text.encode()) + packed.flush()).decode().rstrip("=")
    if len(made) > MAX_LINK:
        raise BadInput(
            f"The script is too long for a link: {len(lines)} acts in {len(made):,} characters; at most {MAX_ACTS} "
            f"acts and {MAX_LINK:,} characters fit."
        )
    return made


def read(link: str) -> tuple[Act, ...]:
    """Return the acts of a link, checked. Raises `BadInput` with the reason in words."""
    if len(link) > MAX_LINK:
        raise BadInput(f"{CANNOT} that may be played: it has {len(link):,} characters; at most {MAX_LINK:,} are read.")
    try:
        packed = base64.b64decode(link + "=" * (-len(link) % 4), altchars=b"-_", validate=True)
        inflating = zlib.decompressobj(wbits=-15)
        text = inflating.decompress(packed, MAX_TEXT)
        if inflating.unconsumed_tail:
            raise BadInput(f"{CANNOT} that may be played: its text has more than {MAX_TEXT:,} characters.")
        if not inflating.eof:
            raise BadInput(f"{CANNOT}: its end is missing. Copy the whole address.")
        lines = text.decode()
    except (binascii.Error, ValueError, zlib.error) as error:
        raise BadInput(f"{CANNOT}: it was changed on its way, or it is not a link of Study Lab.") from error
    return checked(parse(fit(lines)))


def checked(acts: tuple[Act, ...]) -> tuple[Act, ...]:
    """Return acts that may be played. Raises `BadInput` for the first that may not, and for none at all."""
    if not acts:
        raise BadInput(f"{CANNOT}: it has no act.")
    for number, act in enumerate(acts, 1):
        if act.verb in NEEDS_NO_ROW:
            raise BadInput(f"Act {number}: {act.verb} cannot be part of a script.")
        try:
            find(act.verb).arguments(dict(act.arguments))
        except (BadInput, NotThere) as error:
            raise BadInput(f"Act {number}: {error}") from error
    return acts


@lru_cache(4096)
def words(act: Act) -> str:
    """Return one act for people. Its wording is the same at every drawing of a list that has it."""
    try:
        known = find(act.verb).arguments(dict(act.arguments))
    except VangoError:
        # An act of an earlier version.
        return fit(str(act))
    return label(act.verb, {name: value for name, value in known.items() if value is not None and value != ""})
