"""Every action on a bench. Importing this package registers every verb.

The order of the imports is the order in which the verbs are listed.
"""

# ruff: noqa: F401, I001
from vango.verbs import truth
from vango.verbs import relay
from vango.verbs import edge
from vango.verbs import stream
from vango.verbs import broker
from vango.verbs import bench
