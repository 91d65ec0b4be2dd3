"""The guards of `vango`, one record each. docs/guards.md lists them; tests/guards/test_guards_bite.py takes them away."""

from __future__ import annotations

from typing import NamedTuple


class Guard(NamedTuple):
    """One guard. `old` stands once in the source of `module`; with `new` in its place the guard is gone."""

    protects: str
    module: str
    old: str
    new: str
    test: str

    def taken_away_from(self, source: str) -> str:
        """Return the source without the guard. Raises `ValueError` when the place is not there exactly once."""
        if source.count(self.old) != 1:
            raise ValueError(f"{self.module} has {self.old!r} {source.count(self.old)} times; it must have it once.")
        return source.replace(self.old, self.new)


GUARDS: dict[str, Guard] = {
    "event id": Guard(
        "the same notice applied twice",
        "vango.core.judge",
        "if rules.deduplicate and row is not None and event.id == row.event_id:",
        "if False:",
        "tests/core/test_judge.py::test_the_event_that_made_the_row_is_a_duplicate",
    ),
    "epoch": Guard(
        "an old owner that comes back after a newer one",
        "vango.core.judge",
        "if event.epoch < row.epoch:",
        "if False:",
        "tests/core/test_judge.py::test_an_older_owner_is_stale",
    ),
    "chain: nothing missing": Guard(
        "an event that was evicted, purged or deleted",
        "vango.core.judge",
        "if event.sequence > following:",
        "if False:",
        "tests/core/test_judge.py::test_a_gap_names_what_is_missing",
    ),
    "chain: same predecessor": Guard(
        "another history under the same numbers",
        "vango.core.judge",
        "if event.sequence == following and event.previous_id != position.event_id:",
        "if False:",
        "tests/core/test_judge.py::test_the_right_number_with_another_predecessor_is_a_gap",
    ),
    "chain: covered and unseen": Guard(
        "an event that the view should hold and never saw",
        "vango.core.judge",
        "if event.sequence < here and (row is None or event.epoch > row.epoch):",
        "if False:",
        "tests/core/test_judge.py::test_a_covered_event_that_the_view_never_saw_is_a_gap",
    ),
    "a batch sees its own rows": Guard(
        "a message that is judged by a row which the one before it has changed",
        "vango.core.intake",
        "row = intake.rows.get(event.key) or rows.get(event.key)",
        "row = rows.get(event.key)",
        "tests/core/test_intake.py::test_each_message_is_judged_against_the_rows_that_those_before_it_made",
    ),
    "a gap ends the batch": Guard(
        "a message after a gap that is acked and never applied",
        "vango.core.intake",
        "if verdict.outcome is Outcome.GAP and rules.on_gap is not OnGap.CARRY_ON:",
        "if False:",
        "tests/core/test_intake.py::test_a_gap_ends_the_batch_and_leaves_the_message_that_showed_it_unacked",
    ),
    "modes: surprise fails closed": Guard(
        "a claim after something that nobody foresaw",
        "vango.core.modes",
        "{(mode, signal): Mode.FAILED_CLOSED for mode in Mode for signal in Signal}",
        "{(mode, signal): mode for mode in Mode for signal in Signal}",
        "tests/core/test_modes.py::test_a_surprise_fails_closed_in_every_mode_that_runs",
    ),
    "checksum": Guard(
        "a damaged snapshot",
        "vango.core.snapshot",
        "if verify and (computed := checksum(snapshot)) != claimed:",
        "if (computed := checksum(snapshot)) == 0:",
        "tests/core/test_snapshot.py::test_a_changed_owner_is_refused_and_passes_only_unverified",
    ),
    "lease token": Guard(
        "marks by a relay that only thinks it holds the lease",
        "vango.truth.outbox",
        "if held.rowcount == 0:",
        "if False:",
        "tests/vango/test_store_guards.py::test_a_relay_that_lost_its_lease_marks_nothing",
    ),
    "a mark names its event": Guard(
        "an event that is marked and was never sent, as its row has the place of a deleted one",
        "vango.truth.outbox",
        "stream_seq = ? WHERE position = ? AND event_id = ?",
        "stream_seq = ? WHERE position = ? AND ? <> ''",
        "tests/vango/test_kept_bench.py::test_a_mark_and_a_giving_up_name_their_event",
    ),
    "a position is handed out once": Guard(
        "two events that had the same place in the outbox",
        "vango.truth.schema",
        "CREATE TABLE IF NOT EXISTS outbox (\n    position INTEGER PRIMARY KEY AUTOINCREMENT,",
        "CREATE TABLE IF NOT EXISTS outbox (\n    position INTEGER PRIMARY KEY,",
        "tests/vango/test_store_guards.py::test_the_position_of_a_row_that_was_deleted_is_handed_out_to_no_other",
    ),
    "one relay at a time": Guard(
        "two relays that publish side by side, out of order",
        "vango.truth.outbox",
        "if row is not None and row[0] != holder and row[2] > now:",
        "if False:",
        "tests/vango/test_store_guards.py::test_a_rival_gets_no_lease_while_the_relay_lives",
    ),
    "a standby looks before it connects": Guard(
        "a waiting relay that opens connections for ever",
        "vango.relay.relay",
        "if is_leased(self.truth, self.name):",
        "if is_leased(self.truth, self.name) and False:",
        "tests/vango/test_kit_lease.py::test_a_source_that_waits_for_the_lease_asks_no_broker_and_then_takes_over",
    ),
    "a lease has an end": Guard(
        "a dead relay whose successor waits for as long as the clock was set back",
        "vango.truth.outbox",
        "if row[2] > now + LEASE_S:",
        "if False:",
        "tests/vango/test_store_guards.py::test_a_dead_relay_s_lease_runs_out_also_when_the_clock_was_set_back",
    ),
    "view and position together": Guard(
        "a view that is ahead of its position, or behind it",
        "vango.edge.view",
        "            self._table.write(connection, changed)\n",
        "            self._table.write(connection, changed)\n"
        '            connection.execute("COMMIT")\n            connection.execute("BEGIN IMMEDIATE")\n',
        "tests/vango/test_store_guards.py::test_a_view_whose_position_cannot_move_keeps_its_rows_as_they_were",
    ),
    "stream before truth": Guard(
        "a snapshot that says it covers what it does not",
        "vango.truth.snapshots",
        '    last_seq: int = (await wire.api(f"STREAM.INFO.{domain.stream}"))["state"]["last_seq"]\n'
        "    snapshot = build(outbox, domain.feed, rows, last_seq)\n",
        "    snapshot = build(outbox, domain.feed, rows, 0)\n"
        '    last_seq: int = (await wire.api(f"STREAM.INFO.{domain.stream}"))["state"]["last_seq"]\n'
        "    snapshot = replace(snapshot, stream_seq=last_seq)\n",
        "tests/vango/test_store_guards.py::test_a_snapshot_covers_all_that_was_stored_up_to_its_stream_seq",
    ),
    "fsync at commit": Guard(
        "a commit that a power cut takes back",
        "vango.actors.sqlite",
        'synchronous: str = "FULL"',
        'synchronous: str = "OFF"',
        "tests/vango/test_store_guards.py::test_truth_and_views_are_synced_at_each_commit",
    ),
    "rare moments are kept": Guard(
        "a burst that pushes what a lab waits for out of the journal",
        "vango.journal.journal",
        "connection.execute(_TRIM, [*kind, up_to, *kind, MAX_OF_A_KIND])",
        'connection.execute("DELETE FROM moment WHERE n <= ?", [up_to])',
        "tests/vango/test_journal.py::test_what_is_told_often_pushes_out_no_other_kind",
    ),
    "apply before ack": Guard(
        "a message that is acked and never applied",
        "vango.edge.consume",
        "AckOrder.AFTER_APPLY: apply_then_ack,",
        "AckOrder.AFTER_APPLY: ack_then_apply,",
        "tests/vango/test_acks.py::test_a_crash_between_apply_and_ack_brings_the_event_back_as_a_duplicate",
    ),
    "an unknown outcome keeps its id": Guard(
        "one fact stored twice",
        "vango.relay.unanswered",
        "return self._new_ids.get(row.event_id, row.event_id)",
        "return self._new_ids.get(row.event_id, secrets.token_hex(8))",
        "tests/vango/test_no_answer.py::test_under_the_same_id_it_is_stored_once_and_the_broker_says_duplicate",
    ),
    "operation id": Guard(
        "a double click that changes the owner twice",
        "vango.truth.store",
        "if (done := _already_done(connection, change)) is not None:",
        "if (done := None) is not None:",
        "tests/vango/test_write_orders.py::test_an_operation_id_makes_asking_twice_do_once",
    ),
    "the owner must be ready": Guard(
        "a route to an allocation that cannot serve it",
        "vango.truth.schema",
        "CREATE TRIGGER IF NOT EXISTS a_new_owner_must_be_ready BEFORE UPDATE OF owner ON route\n"
        "WHEN (SELECT state FROM allocation WHERE name = NEW.owner) IS NOT 'ready'",
        "CREATE TRIGGER IF NOT EXISTS a_new_owner_must_be_ready BEFORE UPDATE OF owner ON route\nWHEN 0",
        "tests/vango/test_write_orders.py::test_the_database_refuses_an_owner_that_is_not_ready_and_nothing_is_told",
    ),
    "the mark": Guard(
        "a purged tail that looks like being up to date",
        "vango.core.claims",
        "if mark.published > n:",
        "if False:",
        "tests/vango/test_gaps.py::test_a_purged_tail_is_seen_through_the_high_water_mark",
    ),
    "a connection's end is watched": Guard(
        "an edge that is deaf and says that it is current",
        "vango.broker.connection",
        "        nats_client.when_ended(client, self._end)\n",
        "",
        "tests/vango/test_connection_ends.py::test_the_end_is_noticed_when_the_client_still_has_something_to_send",
    ),
    "rebuilds come to an end": Guard(
        "an edge that loads for ever a snapshot that does not help it",
        "vango.edge.recovery",
        "            edge.rebuilds_in_a_row += 1\n",
        "            edge.rebuilds_in_a_row += 0\n",
        "tests/vango/test_kit_recovery.py::test_rebuilds_that_do_not_help_come_to_an_end_and_a_restart_gives_new_tries",
    ),
    "only a mark allows a claim": Guard(
        "an edge that is current at what the truth never said",
        "vango.core.claims",
        "return Standing(Step.WAIT if word.is_coming else Step.BEHIND if word.unanswered else Step.ASK)",
        "return Standing(Step.WAIT if word.is_coming else Step.CLAIM if word.unanswered else Step.ASK)",
        "tests/core/test_claims.py::test_what_may_be_said",
    ),
    "an expired request is asked again": Guard(
        "an edge that hears nothing more after a quiet minute",
        "vango.edge.pull",
        'elif status in ("404", "408"):\n            await self._ask()',
        'elif status in ("404", "408"):\n            pass',
        "tests/vango/test_pull.py::test_an_event_after_a_quiet_time_arrives",
    ),
    "a request that the broker lost is missed": Guard(
        "an edge that waits for an answer which nobody will send",
        "vango.edge.pull",
        "            self._look_later()\n",
        "",
        "tests/vango/test_pull.py::test_requests_that_the_broker_never_saw_are_asked_again",
    ),
    "a refusal loses no consumer": Guard(
        "a consumer that is taken for deleted",
        "vango.edge.pull",
        '(status == "409" and any(word in words.lower() for word in GONE))',
        'status == "409"',
        "tests/vango/test_pull.py::test_a_refused_request_is_no_lost_consumer_and_is_asked_again",
    ),
    "the lease has a timer": Guard(
        "a relay that loses its lease while it waits for the broker",
        "vango.relay.heartbeat",
        "            if time.monotonic() - self._beaten_at > self.beat_s:\n",
        "            if False:\n",
        "tests/vango/test_feeds.py::test_while_a_publish_is_under_way_the_heart_beats_and_the_lease_is_renewed",
    ),
    "only an answer proves": Guard(
        "an event that is marked and was never stored",
        "vango.relay.proof",
        "            proof.unknown.append(row)\n",
        "            proof.stored.append((row, PubAck(0)))\n",
        "tests/vango/test_proof.py::test_a_missing_answer_proves_nothing",
    ),
    "what can never be stored is not sent": Guard(
        "a row that is sent again for ever",
        "vango.relay.pipeline",
        "if reason := why_never(row.subject, row.body, headers, self._publisher.max_payload):",
        'if reason := "":',
        "tests/vango/test_feeds.py::test_what_can_never_be_stored_is_told_once_is_not_sent_and_stops_no_other_feed",
    ),
    "done again is compared": Guard(
        "an undo that comes to another truth and says nothing",
        "vango.bench.rerun",
        "if not same(then, now):",
        "if False:",
        "tests/vango/test_undo.py::test_a_verb_that_comes_to_something_else_puts_the_bench_back",
    ),
    "a trial is not played again": Guard(
        "an undo whose storm comes out otherwise",
        "vango.bench.plan",
        "        if needs_a_copy(row):\n",
        "        if False:\n",
        "tests/vango/test_undo.py::test_a_storm_of_which_no_copy_is_kept_is_not_played_again",
    ),
    "only a whole list is followed": Guard(
        "an undo that loses what the list does not have",
        "vango.bench.plan",
        "if not start and life.lacks:",
        "if False:",
        "tests/vango/test_undo.py::test_without_its_journal_undo_is_refused",
    ),
    "the bench stands aside": Guard(
        "an undo that is refused half-way and has lost the bench",
        "vango.bench.history",
        "            if self.aside.has(UNDONE):\n                await self._bring_back(UNDONE)\n",
        "",
        "tests/vango/test_undo.py::test_a_verb_that_comes_to_something_else_puts_the_bench_back",
    ),
    "told in the transaction of the change": Guard(
        "an event of a change that is not committed",
        "vango.kit.outbox",
        "if not db.in_transaction:",
        "if False:",
        "tests/vango/test_kit_outbox.py::test_nothing_is_told_outside_a_transaction",
    ),
    "versions grow": Guard(
        "an event that every edge must refuse",
        "vango.kit.outbox",
        "if told is not None and fact.epoch <= told[0]:",
        "if False:",
        "tests/vango/test_kit_outbox.py::test_a_version_that_does_not_grow_is_refused",
    ),
    "an event is read before it is told": Guard(
        "a fact that stops its feed or every edge",
        "vango.kit.outbox",
        "        feed.read(body)\n",
        "",
        "tests/vango/test_kit_outbox.py::test_data_that_no_event_can_hold_is_refused",
    ),
    "a key is one token": Guard(
        "a key that no subject can hold",
        "vango.kit.facts",
        'return quote(key, safe="").replace(".", "%2E")',
        "return key",
        "tests/vango/test_kit_outbox.py::test_any_key_is_one_token_of_a_subject",
    ),
    "no snapshot of what was not told": Guard(
        "an untold change that a snapshot spreads",
        "vango.kit.outbox",
        "if reasons := _differences(db, feed, read, told):",
        "if reasons := []:",
        "tests/vango/test_kit_outbox.py::test_a_row_that_was_changed_and_not_told_is_in_no_snapshot",
    ),
    "somebody else's table": Guard(
        "an outbox inside a table of another meaning",
        "vango.kit.outbox",
        "if found.get(name, shape) != shape:",
        "if False:",
        "tests/vango/test_kit_outbox.py::test_a_name_of_yours_that_the_outbox_needs_is_refused_and_nothing_is_made",
    ),
    "what waits is not pruned": Guard(
        "a committed event that is never published",
        "vango.kit.outbox",
        '" AND id NOT IN (SELECT event_id FROM outbox) AND id NOT IN (SELECT event_id FROM rowless)"',
        '""',
        "tests/vango/test_kit_source.py::test_what_waits_is_not_pruned",
    ),
    "a stopped source lets its lease go": Guard(
        "a successor that publishes nothing for seconds",
        "vango.kit.source",
        "await patiently(release_lease, self.outbox, self.relay.token)\n",
        "pass\n",
        "tests/vango/test_kit_source.py::test_a_source_that_was_stopped_lets_the_lease_go",
    ),
}
