"""The parts of an observation that a lab's checks name in their signatures."""

from vango.observation import CellSeen as CellSeen
from vango.observation import ConsumerSeen as ConsumerSeen
from vango.observation import EdgeSeen as EdgeSeen
from vango.observation import FactSeen as FactSeen
from vango.observation import Moment as Moment
from vango.observation import Observation as Observation
from vango.observation import RouteSeen as RouteSeen
