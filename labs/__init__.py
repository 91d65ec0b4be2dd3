"""The course: one folder for each lab, in teaching order."""

from labs.acks.lab import LAB as ACKS
from labs.commit_first.lab import LAB as COMMIT_FIRST
from labs.deduplication.lab import LAB as DEDUPLICATION
from labs.durable_consumers.lab import LAB as DURABLE_CONSUMERS
from labs.fail_closed.lab import LAB as FAIL_CLOSED
from labs.rebuild_from_truth.lab import LAB as REBUILD_FROM_TRUTH
from labs.replay.lab import LAB as REPLAY
from labs.snapshots.lab import LAB as SNAPSHOTS
from labs.storm.lab import LAB as STORM
from labs.streams.lab import LAB as STREAMS
from labs.subjects.lab import LAB as SUBJECTS
from labs.unknown_outcome.lab import LAB as UNKNOWN_OUTCOME
from studylab.lab import Lab

LABS: tuple[Lab, ...] = (
    COMMIT_FIRST,
    SUBJECTS,
    STREAMS,
    DURABLE_CONSUMERS,
    ACKS,
    REPLAY,
    SNAPSHOTS,
    DEDUPLICATION,
    UNKNOWN_OUTCOME,
    FAIL_CLOSED,
    REBUILD_FROM_TRUTH,
    STORM,
)
