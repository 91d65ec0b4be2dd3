"""What an open check is about, in words that do not say how it ends. Pure."""

from __future__ import annotations

import re

from studylab.lab.model import Check

_PLACES = (
    (r"\b(fra|iad|syd)\b", "what {} does"),
    (r"\bdatabase|history|commit", "what the database holds"),
    (r"\boutbox|relay", "what the relay does"),
    (r"\bstream|stored|message|event", "what the stream holds"),
    (r"\bedges?\b|serve|claim", "what the edges serve"),
    (r"\bserver|broker|consumer|advisory|ack", "what the broker says"),
    (r"\brequests?\b|answer", "how requests are answered"),
)
ANYTHING = "what the bench shows"


def about(check: Check, *, is_predicted: bool) -> str:
    """Return the words of an open check: its own, its label where nothing was predicted, or the place it names."""
    if check.about or not is_predicted:
        return check.about or check.label
    named = ((re.search(pattern, check.label), words) for pattern, words in _PLACES)
    found = [(match.start(), words.format(match[0])) for match, words in named if match]
    return min(found)[1] if found else ANYTHING
