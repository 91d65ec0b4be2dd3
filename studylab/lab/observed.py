"""The parts of an observation that a lab's checks name in their signatures."""

from vango.journal.moment import Moment as Moment
from vango.observe.model import CellSeen as CellSeen
from vango.observe.model import ConsumerSeen as ConsumerSeen
from vango.observe.model import EdgeSeen as EdgeSeen
from vango.observe.model import FactSeen as FactSeen
from vango.observe.model import Observation as Observation
from vango.observe.model import RouteSeen as RouteSeen
