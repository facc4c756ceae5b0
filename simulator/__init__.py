"""An embedded Nezha dashboard for tests and demonstrations, with an evolving fleet and faults on demand."""

from .catalogue import populate
from .dashboard import RECONNECT_DELAY, Dashboard, Server
from .faults import FAULTS, Faults
from .fleet import Habit, Host, Machine, State, Temperature, wall_clock
from .server import GENERATIONS, SeenRequest, Simulator

__all__ = [
    "FAULTS",
    "GENERATIONS",
    "RECONNECT_DELAY",
    "Dashboard",
    "Faults",
    "Habit",
    "Host",
    "Machine",
    "SeenRequest",
    "Server",
    "Simulator",
    "State",
    "Temperature",
    "populate",
    "wall_clock",
]
