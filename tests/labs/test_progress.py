"""Progress as a value: what is kept of an attempt, what counts as time spent, and records that are joined like events."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from labs.commit_first.lab import LAB as COMMIT_FIRST
from studylab.lab import attempt as moves
from studylab.lab import records
from studylab.lab.attempt import Attempt, begin, choose, look
from studylab.lab.calibration import calibrate, judgement
from studylab.lab.joining import join
from studylab.lab.model import Confidence, Evidence
from studylab.lab.moments import listed
from studylab.lab.progress import PAUSE_S, Done, Met, Predicted, Record, Spent, act, keep, meet, new
from tests.labs.conftest import Learner
from tests.labs.small import LAB, MOMENT, SEEN
from vango.core.findings import Finding, Kind

HERE = Evidence(SEEN, listed(), {})
FOUND = Finding(Kind.PHANTOM, "fra", "fra serves what never was.", "Load a snapshot.", ("e9 is in no history",))


def at(step_id: str) -> Attempt:
    return replace(begin(Attempt(), at=0), step=LAB.index(step_id))


def predicts(option: str, confidence: str = "certain") -> Attempt:
    return choose(LAB, at("predict"), "predict", option, confidence, HERE)


def measured(option: str, confidence: str = "certain") -> Attempt:
    return look(LAB, predicts(option, confidence), SEEN, listed([MOMENT]))


def test_a_prediction_is_kept_with_its_confidence_and_its_outcome_in_words() -> None:
    made = keep(new(LAB), LAB, measured("no"), "b", 5.0).predictions["predict"]
    assert (made.chosen, made.confidence, made.happened, made.sentence) == (
        "It will not", "certain", "It will", "It did.",
    )  # fmt: skip
    assert made.right is False


def test_a_prediction_waits_for_its_outcome() -> None:
    made = keep(new(LAB), LAB, predicts("no"), "b", 5.0).predictions["predict"]
    assert (made.happened, made.right) == ("", None)


def test_a_prediction_after_the_outcome_does_not_improve_the_score() -> None:
    record = keep(new(LAB), LAB, measured("no"), "b", 5.0)
    assert keep(record, LAB, measured("yes"), "b", 9.0).predictions == record.predictions


def test_a_prediction_that_was_never_measured_may_be_made_again() -> None:
    record = keep(new(LAB), LAB, predicts("no", "guessing"), "b", 5.0)
    made = keep(record, LAB, measured("yes", "certain"), "b", 9.0).predictions["predict"]
    assert (made.right, made.confidence, made.at) == (True, "certain", 9.0)


def test_starting_again_takes_nothing_away() -> None:
    record = keep(new(LAB), LAB, measured("no"), "b", 5.0)
    again = keep(record, LAB, begin(measured("no"), at=9), "b", 9.0)
    assert again == record


def test_keeping_the_same_attempt_twice_changes_nothing() -> None:
    record = keep(new(LAB), LAB, measured("no"), "b", 5.0)
    assert keep(record, LAB, measured("no"), "b", 99.0) == record


def test_a_step_is_kept_with_the_proof_of_its_checks_and_who_did_it() -> None:
    done = keep(new(LAB), LAB, moves.mark(measured("no"), "do"), "b", 5.0).done["do"]
    assert (done.title, done.kind, done.how) == ("Do", "do", "done for you")
    assert [(proof.what, proof.seen) for proof in done.proofs] == [("done", "done")]


def test_a_step_done_for_the_learner_becomes_theirs_when_they_do_it_and_stays_so() -> None:
    record = keep(new(LAB), LAB, moves.mark(measured("no"), "do"), "b", 5.0)
    record = keep(record, LAB, measured("no"), "b", 6.0)
    assert record.done["do"].how == ""
    assert keep(record, LAB, moves.mark(measured("no"), "do"), "b", 7.0).done["do"].how == ""


def test_the_answers_of_the_quiz_and_the_finish_are_kept() -> None:
    record = keep(new(LAB), LAB, moves.answer(LAB, at("quiz"), "quiz", "q", "yes", HERE), "b", 5.0)
    assert record.finishes == 1
    assert record.done["quiz"].proofs[0].seen == "It will"


def test_a_pause_up_to_five_minutes_is_time_spent_and_a_longer_one_is_not() -> None:
    record = act(new(LAB), "b", 1000.0, begins=True)
    record = act(record, "b", 1000.0 + PAUSE_S)
    assert record.active_s == PAUSE_S
    record = act(record, "b", 1000.0 + 2 * PAUSE_S + 1)
    assert record.active_s == PAUSE_S
    assert (record.first_at, record.last_at, record.rounds) == (1000.0, 1000.0 + 2 * PAUSE_S + 1, 1)


def test_a_clock_that_was_put_back_takes_no_time_away() -> None:
    record = act(act(act(new(LAB), "b", 1000.0), "b", 1060.0), "b", 900.0)
    assert (record.active_s, record.last_at) == (60.0, 1060.0)


def test_a_finding_is_kept_once_with_the_step_and_the_records() -> None:
    record = meet(new(LAB), LAB.steps[1], [FOUND], 5.0)
    assert meet(record, LAB.steps[2], [FOUND], 9.0) is record
    (met,) = record.findings.values()
    assert (met.kind, met.where, met.step, met.records) == ("phantom", "fra", "Do", ("e9 is in no history",))


def test_a_very_long_record_is_cut_so_that_it_can_be_read_back() -> None:
    long = replace(FOUND, sentence="x" * 5000, records=("y" * 5000,) * 100)
    (met,) = meet(new(LAB), LAB.steps[1], [long], 5.0).findings.values()
    assert len(met.sentence) == 1000
    assert (len(met.records), len(met.records[0])) == (24, 1000)


# Joining.

TIMES = st.integers(0, 9).map(float)
WORDS = st.sampled_from(["", "a", "b"])
KEYS = st.sampled_from(["x", "y"])
PREDICTED = st.builds(
    Predicted, st.integers(0, 2), WORDS, WORDS, st.sampled_from([*Confidence]).map(str), st.integers(2, 4), TIMES,
    WORDS, WORDS, st.sampled_from([None, True, False]),
)  # fmt: skip
DONE = st.builds(Done, st.integers(0, 2), WORDS, WORDS, WORDS, TIMES)
MET = st.builds(Met, WORDS, WORDS, WORDS, WORDS, WORDS, st.just(()), TIMES)
SPENT = st.builds(Spent, st.integers(0, 3), st.integers(0, 3), TIMES)
RECORDS = st.builds(
    Record, st.just("small"), WORDS, st.integers(0, 2), st.integers(0, 2), TIMES, TIMES,
    st.dictionaries(KEYS, SPENT), st.dictionaries(KEYS, PREDICTED), st.dictionaries(KEYS, DONE),
    st.dictionaries(KEYS, st.integers(0, 4)), st.dictionaries(KEYS, MET),
)  # fmt: skip


@given(RECORDS, RECORDS, RECORDS)
def test_records_join_in_any_order_and_twice_is_once(one: Record, two: Record, three: Record) -> None:
    assert join(one, one) == one
    assert join(one, two) == join(two, one)
    assert join(join(one, two), three) == join(one, join(two, three))
    assert join(join(one, two), two) == join(one, two)


def test_time_on_two_benches_adds_up_and_an_old_copy_adds_nothing() -> None:
    here = replace(new(LAB), spent={"here": Spent(1, 1, 100.0)})
    there = replace(new(LAB), spent={"there": Spent(2, 0, 50.0), "here": Spent(1, 0, 40.0)})
    joined = join(here, there)
    assert (joined.active_s, joined.rounds, joined.finishes) == (150.0, 3, 1)


# Calibration.


def record_with(*made: tuple[str, bool | None]) -> Record:
    predictions = {
        str(n): Predicted(n, "t", "c", confidence, 4, 0.0, "h" if right is not None else "", "s", right)
        for n, (confidence, right) in enumerate(made)
    }
    return replace(new(LAB), predictions=predictions)


def test_predictions_are_counted_by_confidence_and_those_without_an_outcome_apart() -> None:
    found = calibrate([record_with(("certain", True), ("certain", False), ("guessing", None))])
    assert [(level.made, level.right) for level in found.levels] == [(0, 0), (0, 0), (2, 1)]
    assert found.waiting == 1
    assert found.sentence == "1 of 2 measured predictions came true. Of 2 that you were certain of, 1 came true."


def test_a_guess_promises_chance_and_certain_promises_everything() -> None:
    guessing, fairly, certain = calibrate([record_with(("guessing", True))]).levels
    assert (guessing.promised, fairly.promised, certain.promised) == (0.25, 0.625, 1.0)


def test_what_a_level_shows_is_said_only_when_there_is_enough_of_it() -> None:
    certain = calibrate([record_with(*[("certain", False)] * 2)]).levels[-1]
    assert judgement(certain) == "too few to tell"
    certain = calibrate([record_with(*[("certain", False)] * 3)]).levels[-1]
    assert judgement(certain) == "more confident than right"
    certain = calibrate([record_with(*[("certain", True)] * 3)]).levels[-1]
    assert judgement(certain) == "as right as confident"
    guessing = calibrate([record_with(*[("guessing", True)] * 3)]).levels[0]
    assert judgement(guessing) == "better than you thought"


def test_without_predictions_there_is_a_sentence_and_no_division_by_zero() -> None:
    found = calibrate([])
    assert found.sentence == "No prediction has been measured yet."
    assert [level.share for level in found.levels] == [0.0, 0.0, 0.0]


# With a bench.


def test_progress_that_the_disk_did_not_take_is_written_with_the_next_change(learner: Learner) -> None:
    run = learner.opens(COMMIT_FIRST)
    folder = learner.bench.folder / records.FOLDER
    folder.write_text("no folder")  # Nothing can be written into a file.
    learner.does(run.start())
    assert run.record.rounds == 1
    folder.unlink()
    learner.does(run.hint("watch"))
    kept = records.load(learner.bench.folder, COMMIT_FIRST.slug)
    assert kept == run.record
    assert (kept.rounds, kept.hints) == (1, {"watch": 1})


def test_what_an_attempt_came_to_is_in_the_record_even_if_the_app_died_between_the_two(learner: Learner) -> None:
    run = learner.opens(COMMIT_FIRST)
    learner.does(run.start())
    learner.does(run.do_it("watch"))
    records.path_of(learner.bench.folder, COMMIT_FIRST.slug).unlink()
    learner.leaves_and_comes_back()
    assert set(learner.lab_run.record.done) == {"watch"}


def test_a_finding_is_met_while_the_lab_runs_and_not_before_or_after(learner: Learner) -> None:
    run = learner.opens(COMMIT_FIRST)
    seen = learner.does(learner.bench.settle())
    violated = replace(seen, audit=replace(seen.audit, findings=(FOUND,)))
    run.look(violated)
    assert run.record.findings == {}
    learner.does(run.start())
    run.look(violated)
    (met,) = run.record.findings.values()
    assert met.step == "Watch one promotion"
