"""The course: one module for each lab, in teaching order."""

from labs.commit_first import LAB as COMMIT_FIRST
from studylab.lab import Lab

LABS: tuple[Lab, ...] = (COMMIT_FIRST,)
