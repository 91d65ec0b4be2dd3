"""A broker that has stopped answering is asked once in a look, not once for every thing that is looked at."""

from __future__ import annotations

import os
import signal
import time

import pytest

from tests.vango.conftest import Hands, stop_from_outside
from vango.broker.connection import API_S

pytestmark = pytest.mark.long


@pytest.mark.skipif(not hasattr(signal, "SIGSTOP"), reason="nothing can be stopped by a signal here")
def test_a_look_at_a_broker_that_somebody_froze_from_outside_waits_for_one_answer_only(hands: Hands) -> None:
    before = hands.settle()
    pid = before.broker.pid
    stop_from_outside(pid)
    began = time.monotonic()
    seen = hands.until(lambda _: True)
    took_s = time.monotonic() - began
    os.kill(pid, signal.SIGCONT)
    assert not any(stream.available for stream in seen.streams)
    assert took_s < 2 * API_S
    said, was = seen.stream("ROUTES").before, before.stream("ROUTES")
    assert said is not None
    assert (said.messages, said.first_seq, said.last_seq) == (was.messages, was.first_seq, was.last_seq)
    assert before.at - 1 <= said.at <= seen.at
