"""An embedded Nezha dashboard for tests and demonstrations, with an evolving fleet and faults on demand."""

from .catalogue import populate
from .credentials import DEMO_PASSWORD, DEMO_PAT, DEMO_USER, SCOPES, Credentials
from .dashboard import CYCLES_DELAY, RECONNECT_DELAY, Dashboard, Server
from .faults import FAULTS, Faults
from .firewall import Firewall
from .fleet import Habit, Host, Machine, State, Temperature, wall_clock
from .frame_faults import FRAME_FAULTS, STRANGER, FrameFaults
from .records import Cycle, Group, Service, ServiceKind, Task, TrafficRule
from .releases import NEWEST, Release
from .server import GENERATIONS, SeenRequest, Simulator

__all__ = [
    "CYCLES_DELAY",
    "DEMO_PASSWORD",
    "DEMO_PAT",
    "DEMO_USER",
    "FAULTS",
    "FRAME_FAULTS",
    "GENERATIONS",
    "NEWEST",
    "RECONNECT_DELAY",
    "SCOPES",
    "STRANGER",
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
