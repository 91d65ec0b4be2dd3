"""The course: one module for each lab, in teaching order."""

from labs.acks import LAB as ACKS
from labs.commit_first import LAB as COMMIT_FIRST
from labs.deduplication import LAB as DEDUPLICATION
from labs.durable_consumers import LAB as DURABLE_CONSUMERS
from labs.fail_closed import LAB as FAIL_CLOSED
from labs.rebuild_from_truth import LAB as REBUILD_FROM_TRUTH
from labs.replay import LAB as REPLAY
from labs.snapshots import LAB as SNAPSHOTS
from labs.storm import LAB as STORM
from labs.streams import LAB as STREAMS
from labs.subjects import LAB as SUBJECTS
from labs.unknown_outcome import LAB as UNKNOWN_OUTCOME
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
