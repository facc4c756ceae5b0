"""What a simulated machine reports, in the words of a reading: the truth, whoever asks the dashboard for it."""

import simulator

from .reading import Host, Server, State
from .wire import V1, possible


def reported(host: simulator.Host, state: simulator.State, at: float) -> Server:
    """Return a server that reported this at a moment."""
    return Server(
        last_active=int(at),
        host=Host(
            boot_time=host.boot_time,
            mem_total=host.mem_total,
            swap_total=host.swap_total,
            disk_total=host.disk_total,
        ),
        state=State(
            numbers={name: possible(getattr(state, name)) for name in V1.numbers},
            gpu=state.gpu,
            temperatures={sensor.name: sensor.celsius for sensor in state.temperatures},
        ),
    )
