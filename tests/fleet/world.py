"""Servers as answers describe them, and a fleet that sees them."""

from dataclasses import replace
import json
from typing import Any

from custom_components.nezha.api import Frame, Host, Report, Server, Snapshot, State
from custom_components.nezha.fleet import Fleet, KnownServer

NOW = 1_780_315_200
BOOT = NOW - 100_000
THRESHOLD = 30
DAY = 86_400


def host(boot_time: int | None = BOOT, **fields: Any) -> Host:
    """Return a host that booted at a time."""
    known = {
        "platform": "debian",
        "platform_version": "12",
        "cpu": ("Virtual Core",),
        "gpu": (),
        "memory_total": 4,
        "disk_total": 40,
        "swap_total": 0,
        "arch": "x86_64",
        "virtualization": "kvm",
        "agent_version": "0.20.5",
    }
    return Host(**known | fields, boot_time=boot_time)


def state(uptime: int | None, net: int | None = 1_000, **fields: Any) -> State:
    """Return a state that was reported so long after a boot."""
    usual = State(
        cpu=1.0,
        memory_used=1,
        swap_used=0,
        disk_used=1,
        net_in_transfer=net,
        net_out_transfer=net,
        net_in_speed=1,
        net_out_speed=1,
        uptime=uptime,
        load_1=1.0,
        load_5=1.0,
        load_15=1.0,
        tcp_connections=1,
        udp_connections=1,
        processes=1,
        temperatures=(),
        gpu=(),
    )
    return replace(usual, **fields)


def reported(at: int, number: int = 1, *, boot: int = BOOT, net: int | None = 1_000, **fields: Any) -> Server:
    """Return a server that last reported at a time, up since a boot."""
    usual = Server(
        identity=str(number),
        number=number,
        name="alpha",
        groups=("Tokyo",),
        ipv4="198.51.100.1",
        ipv6="2001:db8::1",
        country="JP",
        last_active=at,
        host=host(boot),
        state=state(at - boot, net),
    )
    return replace(usual, **fields)


def blank(number: int = 1) -> Server:
    """Return a server as a dashboard shows it before its agent has reported."""
    return reported(NOW, number, last_active=None, host=None, state=None, ipv4="", ipv6="", country="")


class Watch:
    """A fleet, the dashboard's clock, and how much time goes by: as much as the clock says, if nothing else is said."""

    def __init__(self, stored: dict[str, Any] | None = None, threshold: int = THRESHOLD) -> None:
        """Know nothing yet, or what was stored."""
        self._threshold = threshold
        self._passed: float = NOW
        self.fleet = Fleet(threshold, stored or {}, lambda: self._passed)
        self.booted = False

    def sees(
        self,
        now: int | None,
        *servers: Server,
        passed: float | None = None,
        after_outage: bool = False,
        omitted: tuple[str, ...] = (),
        groups: list[str] | None = None,
        asked: float | None = None,
    ) -> KnownServer | None:
        """Take in an answer, when so much time has passed; return what is known of server 1.

        It was asked for just now, or when as much time had passed as `asked` says.
        """
        self._pass(now, passed)
        listed = {server.identity: server for server in servers}
        asked_at = self._passed if asked is None else asked
        snapshot = Snapshot(now=now, servers=listed, omitted=omitted, asked_at=asked_at)
        self.booted = self.fleet.update(snapshot, groups, after_outage=after_outage)
        return self.fleet.servers.get("1")

    def follows(self, now: int | None, reports: dict[int, Report], passed: float | None = None) -> KnownServer | None:
        """Take in a frame, when so much time has passed; return what is known of server 1."""
        self._pass(now, passed)
        self.booted = self.fleet.follow(Frame(now=now, reports=reports))
        return self.fleet.servers.get("1")

    def _pass(self, now: int | None, passed: float | None) -> None:
        if passed is not None:
            self._passed = passed
        elif now is not None:
            self._passed = now

    def __getitem__(self, identity: str) -> KnownServer:
        return self.fleet.servers[identity]

    @property
    def stored(self) -> dict[str, Any]:
        """What is on disk, after a way through JSON."""
        stored: dict[str, Any] = json.loads(json.dumps(self.fleet.dump()))
        return stored

    def restarted(self) -> Watch:
        """Return the fleet after a restart of Home Assistant."""
        return Watch(self.stored, self._threshold)
