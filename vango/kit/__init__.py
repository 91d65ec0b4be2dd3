"""The parts of vango for a service of your own: your table, your facts.

    with db:                                        your transaction: the change, and the event that announces it
        db.execute("UPDATE price SET …")
        tell(db, PRICES, item="tea", cents=250, version=2)

docs/take-home.md begins with a whole service, and examples/own_service.py runs one.
"""

from vango.actors.errors import BadInput, NotThere, Refused, Unavailable, VangoError
from vango.core.audit import Report, Soundness
from vango.core.findings import Finding, Kind
from vango.core.modes import Mode
from vango.core.rules import NAIVE_EDGE, EdgeRules, OnGap, StreamRules
from vango.edge.view import Table
from vango.kit.audit import examine
from vango.kit.edge import Edge, JsonTable
from vango.kit.facts import Fact, Feed, Row
from vango.kit.outbox import create, draft, prune, select, tell
from vango.kit.source import Connect, Source, connecting

__all__ = [
    "NAIVE_EDGE", "BadInput", "Connect", "Edge", "EdgeRules", "Fact", "Feed", "Finding", "JsonTable", "Kind", "Mode",
    "NotThere", "OnGap", "Refused", "Report", "Row", "Soundness", "Source", "StreamRules", "Table", "Unavailable",
    "VangoError", "connecting", "create", "draft", "examine", "prune", "select", "tell",
]  # fmt: skip
