"""What happened, as lanes: the stream's lane shows what moments prove that it stored, and nothing else."""

from __future__ import annotations

import re

from studylab.web.lanes import picture
from studylab.web.looks import moment_tone
from vango.core.modes import Mode
from vango.core.words import Sentence
from vango.journal.moment import Moment

STORED = re.compile(r'href="#moment-(\d+)" tabindex="-1"><title>(stored [\d–]+):')


def moment(n: int, actor: str, kind: str, **detail: object) -> Moment:
    return Moment(n, float(n), actor, kind, Sentence(f"{kind} of {actor}"), dict(detail))


def stored(*moments: Moment) -> list[tuple[str, str]]:
    return STORED.findall(str(picture(moments).boxes))


def mark(n: int, *seqs: int, feed: str = "route") -> Moment:
    return moment(n, "relay", "mark", count=len(seqs), feed=feed, stored={f"e{seq}": seq for seq in seqs})


def test_a_message_is_stored_by_the_first_moment_that_proves_it() -> None:
    got = moment(2, "fra", "got", stream_seqs=[5], count=1)
    assert stored(moment(1, "relay", "publish", count=1), got, mark(3, 5)) == [("2", "stored 5")]
    assert stored(mark(3, 5, 6)) == [("3", "stored 5–6")]


def test_a_delivery_proves_nothing_new_where_no_ack_confirms_it() -> None:
    assert stored(moment(1, "fra", "got", stream_seqs=[5], count=1)) == []
    assert stored(mark(1, 7, feed="operation")) == []


def test_the_claim_of_an_edge_is_never_green() -> None:
    assert moment_tone(moment(1, "fra", "mode", after=Mode.CURRENT.value)) == ""
