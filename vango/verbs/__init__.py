"""Everything that anybody can do to a bench. Importing this package registers every verb."""

from vango.verbs.verbs import MAX_BURST as MAX_BURST
