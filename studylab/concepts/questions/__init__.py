"""Every question that the concept pages put to a real server, in the order in which the pages show them.

A question sets its server up, then asks. What it asks is a claim of its page: when another version of the server
answers differently, the test that asks again fails, and it is the page that has to change.
"""

from studylab.concepts.asking import Question
from studylab.concepts.questions import authority, consuming, proving, publishing, storing

QUESTIONS: tuple[Question, ...] = (
    *storing.QUESTIONS, *consuming.QUESTIONS, *publishing.QUESTIONS, *authority.QUESTIONS, *proving.QUESTIONS,
)  # fmt: skip
