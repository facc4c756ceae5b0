"""An embedded Nezha dashboard for tests and demonstrations, with an evolving fleet and faults on demand."""

from .attacks import ATTACKS
from .catalogue import populate
from .credentials import DEMO_PASSWORD, DEMO_PAT, DEMO_USER, SCOPES, Credentials
from .dashboard import CYCLES_DELAY, RECONNECT_DELAY, Dashboard, Server
from .faults import FAULTS, Faults
from .firewall import Firewall
from .fleet import Habit, Host, Machine, State, Temperature, wall_clock
from .frame_faults import FRAME_ATTACKS, FRAME_FAULTS, STRANGER, FrameFaults
from .oddities import ODDITIES
from .records import Cycle, Group, Service, ServiceKind, Task, TrafficRule
from .releases import NEWEST, Release
from .server import GENERATIONS, SeenRequest, Simulator
from .wild import WILD

__all__ = [
    "ATTACKS",
    "CYCLES_DELAY",
    "DEMO_PASSWORD",
    "DEMO_PAT",
    "DEMO_USER",
    "FAULTS",
    "FRAME_ATTACKS",
    "FRAME_FAULTS",
    "GENERATIONS",
    "NEWEST",
    "ODDITIES",
    "RECONNECT_DELAY",
    "SCOPES",
    "STRANGER",
    "WILD",
    "Credentials",
    "Cycle",
    "Dashboard",
    "Faults",
    "Firewall",
    "FrameFaults",
    "Group",
    "Habit",
    "Host",
    "Machine",
    "Release",
    "SeenRequest",
    "Server",
    "Service",
    "ServiceKind",
    "Simulator",
    "State",
    "Task",
    "Temperature",
    "TrafficRule",
    "populate",
    "wall_clock",
]
