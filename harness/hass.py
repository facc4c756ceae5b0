"""Home Assistant's own command, kept to this machine.

Its web client listens for multicast DNS on every network, for names in `.local`. Nothing of the demo listens beyond
this machine, so here it asks on the loopback alone; the price is that a dashboard cannot be given by such a name.
"""

import sys
from typing import Any

from zeroconf import IPVersion

from homeassistant import __main__ as command
from homeassistant.components import zeroconf as component
from homeassistant.core import HomeAssistant

from .processes import LOCALHOST


def _on_this_machine(hass: HomeAssistant) -> dict[str, Any]:
    """Return the arguments of the multicast DNS client: a single socket, on a port of its own."""
    return {"interfaces": [LOCALHOST], "ip_version": IPVersion.V4Only, "unicast": True}


def ask_this_machine_only() -> None:
    """Have every client of multicast DNS that Home Assistant makes from now on stay here."""
    component._async_get_zc_args = _on_this_machine  # noqa: SLF001


if __name__ == "__main__":
    ask_this_machine_only()
    sys.exit(command.main())
