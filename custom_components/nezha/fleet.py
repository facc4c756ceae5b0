"""What needs memory: who is online, which boot is true, and what is still known where the dashboard answers blanks."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Self

from .api import Frame, Host, Report, Server, Snapshot, State

UNGROUPED = "ungrouped"
"""Stands for servers without a group where the user chooses groups."""
_BOOT_JITTER = 60
"""Seconds. Agents report the same boot some seconds earlier or later."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """What outlives a restart of Home Assistant and of the dashboard, for one server. Times are whole unix seconds."""

    last_active: int | None = None
    """The newest ever seen, by the dashboard's clock."""
    boot_time: int | None = None
    """The accepted one: the begin of the traffic counters' current cycle. By the server's own clock."""
    started: int | None = None
    """The same moment by the dashboard's clock: when the newest state was reported, less its uptime."""
    reported: int | None = None
    """When that state was reported, by the dashboard's clock."""
    net_in_transfer: int | None = None
    """In that state: another one of the same uptime is of another boot."""
    online: bool = False
    host: Host | None = None

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Restore from what `asdict` gave, after a way through JSON."""
        host = data["host"]
        return cls(**{**data, "host": host and Host(**{**host, "cpu": tuple(host["cpu"]), "gpu": tuple(host["gpu"])})})


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownServer:
    """A server of the newest answer, completed by what earlier ones said."""

    server: Server
    memory: Memory
    state: State | None
    """The newest that was not blank, since Home Assistant's start."""
    silent_from: int | None = None
    """Before this moment of the dashboard's clock, silence is the dashboard's own: its agents are only coming back."""
    report: int = 0
    """The running number of the report that `state` is of: it differs with every new one, whatever that says."""

    @property
    def online(self) -> bool:
        """Whether the server reported within the threshold."""
        return self.memory.online

    @property
    def host(self) -> Host | None:
        """The newest host that was not blank."""
        return self.memory.host

    @property
    def facts(self) -> tuple[object, ...]:
        """What an agent does not report anew every few seconds."""
        server = self.server
        return (
            self.online,
            self.memory.boot_time,
            self.host,
            server.number,
            server.name,
            server.groups,
            server.ipv4,
            server.ipv6,
            server.country,
            server.public_note,
        )

    @property
    def parts(self) -> tuple[bool, int, tuple[str, ...]]:
        """What one server has and another has not: swap, graphics cards, temperature sensors."""
        return (
            self.host is not None and bool(self.host.swap_total),
            len(self.state.gpu) if self.state else 0,
            tuple(temperature.name for temperature in self.state.temperatures) if self.state else (),
        )


class Fleet:
    """All servers of one dashboard."""

    def __init__(self, offline_after: int, memories: Mapping[str, Mapping[str, Any]]) -> None:
        """Take the seconds of silence that make a server offline, and what `dump` once gave."""
        self._offline_after = offline_after
        self._memories = {identity: Memory.from_dict(memory) for identity, memory in memories.items()}
        self._now = 0
        """The newest that an answer told, by the dashboard's clock."""
        self._reports: Mapping[int, Report] = {}
        """Those of the newest frame."""
        self.servers: Mapping[str, KnownServer] = {}
        """By identity; a server of which nothing changed is the same object as before, and so are all together."""

    def dump(self) -> dict[str, dict[str, Any]]:
        """Return what has to outlive a restart. Servers that are gone stay in it: they may come back."""
        return {identity: asdict(memory) for identity, memory in self._memories.items()}

    def update(self, snapshot: Snapshot, groups: Iterable[str] | None, *, after_outage: bool) -> bool:
        """Take in an answer; say whether a boot was newly accepted.

        `groups` limits who is taken; `None` takes all. `after_outage` says that this is the first answer after the
        dashboard could not be had.
        """
        wanted = None if groups is None else set(groups)
        now = self._read_clock(snapshot.now, snapshot.servers.values())
        servers = {
            identity: self._know(server, now, after_outage=after_outage)
            for identity, server in snapshot.servers.items()
            if wanted is None or not wanted.isdisjoint(server.groups or (UNGROUPED,))
        }
        if not snapshot.complete:
            # Whoever could not be read this time is judged by what was read last.
            servers = {
                identity: self._know(known.server, now, after_outage=after_outage)
                for identity, known in self.servers.items()
                if identity not in snapshot.servers
            } | servers
        return self._remember(servers)

    def follow(self, frame: Frame) -> bool:
        """Take in a frame; say whether a boot was newly accepted.

        Only the list decides who is there, and what a server is called and made of: a frame may be of a guest's view.
        """
        before, self._reports = self._reports, frame.reports
        now = self._read_clock(frame.now, frame.reports.values())

        def reported(known: KnownServer) -> KnownServer:
            report = frame.reports.get(known.server.number)
            if report is None:
                return known
            is_news = report is not before.get(known.server.number)
            server = _reported(known.server, known.host, report) if is_news else known.server
            return self._know(server, now, after_outage=False)

        return self._remember({identity: reported(known) for identity, known in self.servers.items()})

    def _read_clock(self, now: int | None, heard: Iterable[Server | Report]) -> int:
        """Return the dashboard's now; where an answer does not tell it, it is no earlier than what was heard by it."""
        if now is None:
            now = max((each.last_active or 0 for each in heard), default=0)
            now = max(now, self._now)
        self._now = now
        return now

    def _remember(self, servers: Mapping[str, KnownServer]) -> bool:
        changed = {
            identity: known.memory
            for identity, known in servers.items()
            if known.memory is not self._memories.get(identity)
        }
        booted = any(
            memory.boot_time != self._memories.get(identity, _NEW).boot_time for identity, memory in changed.items()
        )
        if servers != self.servers:
            self.servers = servers
        self._memories |= changed
        return booted

    def _know(self, server: Server, now: int, *, after_outage: bool) -> KnownServer:
        """Complete a server by what is remembered of it."""
        memory = self._memories.get(server.identity, _NEW)
        known = self.servers.get(server.identity)
        if known and known.server is server and not after_outage and self._is_settled(known, now):
            return known
        if known and server.host is None:
            # Where a server is comes from its agent too.
            server = replace(
                server,
                ipv4=server.ipv4 or known.server.ipv4,
                ipv6=server.ipv6 or known.server.ipv6,
                country=server.country or known.server.country,
            )
        host = server.host or memory.host
        state = known.state if known else None
        report = known.report if known else 0
        between_boots = _between_boots(memory, server, known)
        if server.state and not between_boots and not _of_unknown_boot(memory, server):
            state = server.state
            if known is None or _has_reported(server, known.server):
                report += 1

        # A dashboard whose clock was ahead for a while must not keep a silent server online for as long.
        heard = server.last_active
        if heard is not None and heard > now and known and heard == known.server.last_active:
            heard = None
        last_active = _newest(now, memory.last_active, heard)

        silent_from = known.silent_from if known else None
        newly_blank = server.state is None and (known is None or known.server.state is not None)
        if memory.online and (after_outage or newly_blank):
            silent_from = now
        silent_from = _newest(now, silent_from)
        silent_since = _newest(now, last_active, silent_from)
        online = silent_since is not None and now - silent_since <= self._offline_after

        boot = _remembered(memory) if between_boots else _boot(memory, server, known)
        boot_time, started, reported, net_in_transfer = boot
        memory = Memory(
            last_active=last_active,
            boot_time=boot_time,
            started=started,
            reported=reported,
            net_in_transfer=net_in_transfer,
            online=online,
            host=host,
        )
        return KnownServer(server=server, memory=memory, state=state, silent_from=silent_from, report=report)

    def _is_settled(self, known: KnownServer, now: int) -> bool:
        """Whether the time that went by changes nothing of a server that says the same as before."""
        last_active = known.memory.last_active
        silent_since = max(last_active or 0, known.silent_from or 0)
        return (
            silent_since <= now
            and (known.server.last_active or 0) <= (last_active or 0)
            and known.online == (silent_since > 0 and now - silent_since <= self._offline_after)
        )


def brought_up_to_date(snapshot: Snapshot, frame: Frame) -> Snapshot:
    """Return an answer with what a frame told while the rest of it was asked for: it must not undo that."""

    def newest(server: Server) -> Server:
        report = frame.reports.get(server.number)
        if report and (frame.now or 0, report.last_active or 0) > (snapshot.now or 0, server.last_active or 0):
            return _reported(server, server.host, report)
        return server

    servers = {identity: newest(server) for identity, server in snapshot.servers.items()}
    return replace(snapshot, now=max(snapshot.now or 0, frame.now or 0) or None, servers=servers)


def _reported(server: Server, host: Host | None, report: Report) -> Server:
    """Return a server with a newer report. Of its host a frame of a guest's view has a part only: the boot time is in it."""
    if not (host and report.boot_time):
        host = host if host and host.boot_time is None else None
    elif host.boot_time != report.boot_time:
        host = replace(host, boot_time=report.boot_time)
    return replace(server, last_active=report.last_active, state=report.state, host=host)


def _has_reported(server: Server, before: Server) -> bool:
    """Whether a state is of another report than the one before: of the same second, it may say something else."""
    is_heard = server.last_active is not None and server.last_active != before.last_active
    return is_heard or server.state != before.state


def _newest(now: int, one: int | None, other: int | None = None) -> int | None:
    """Return the newer of two moments; one that is still to come counts as now."""
    newer = other if one is None or (other is not None and other > one) else one
    return now if newer is not None and newer > now else newer


def _of_unknown_boot(memory: Memory, server: Server) -> bool:
    """Whether a state is of a new boot that cannot be accepted, as its boot time or the time of its report is missing.

    The former after a restart of server and dashboard; the latter on v2, which forgets when a server reported as soon as
    the connection to its agent breaks, and keeps the state.
    """
    if server.uptime is None or memory.boot_time is None or memory.started is None:
        return False
    if server.last_active is None:
        uptime = (memory.reported or memory.started) - memory.started
        boot_time = server.boot_time or memory.boot_time
        return server.uptime < uptime - _BOOT_JITTER or abs(boot_time - memory.boot_time) > _BOOT_JITTER
    return server.boot_time is None and server.last_active - server.uptime - memory.started > _BOOT_JITTER


def _between_boots(memory: Memory, server: Server, known: KnownServer | None) -> bool:
    """Whether a state may be of a boot that nobody saw, and its boot time of the next one: v0 shows both for two seconds.

    The server's clock and the dashboard's tell the begin of one boot, so they differ as they did before. Where they do not,
    a clock may have been set, too: the next report with that boot time is of that boot.
    """
    if memory.boot_time is None or memory.started is None:
        return False
    if server.boot_time is None or server.uptime is None or server.last_active is None:
        return False
    boot_time = server.boot_time
    later = server.last_active - server.uptime - memory.started
    uptime = (memory.reported or memory.started) - memory.started
    is_same_boot = later <= _BOOT_JITTER and server.uptime >= uptime - _BOOT_JITTER
    if is_same_boot or boot_time - memory.boot_time - later <= _BOOT_JITTER:
        return False
    before = known.server if known else server
    is_told_again = before.boot_time is not None and abs(before.boot_time - boot_time) <= _BOOT_JITTER
    return not (is_told_again and before.state != server.state)


type _Boot = tuple[int | None, int | None, int | None, int | None]


def _remembered(memory: Memory) -> _Boot:
    """Return what a memory has of a boot: its time, `started`, `reported` and `net_in_transfer`."""
    return memory.boot_time, memory.started, memory.reported, memory.net_in_transfer


def _boot(memory: Memory, server: Server, known: KnownServer | None) -> _Boot:
    """Return what is to be remembered: a new boot time is accepted with the first state reported after it.

    The boot time alone proves nothing: the server must also be up for less time than before, or since a moment of the
    dashboard's clock that is later than its newest state. A boot time beside the counters of the boot before, a clock that
    was put right, a machine that was paused, and a boot time that jitters are none.
    """
    remembered = _remembered(memory)
    boot_time, state, uptime = server.boot_time, server.state, server.uptime
    if boot_time is None or state is None or uptime is None or server.last_active is None:
        return remembered
    started = server.last_active - uptime
    if memory.boot_time is None or memory.started is None:
        is_accepted = boot_time <= server.last_active or _is_later_report(server, known)
    elif is_accepted := abs(boot_time - memory.boot_time) <= _BOOT_JITTER:
        boot_time = memory.boot_time
    else:
        before = memory.reported or memory.started
        uptime_before = before - memory.started
        is_later = started - memory.started > _BOOT_JITTER and started > before - _BOOT_JITTER
        # Wrong may also be the dashboard's clock: an uptime that fell tells of a reboot whatever it says, and the state that
        # is known already tells of none.
        has_fallen = uptime < uptime_before - _BOOT_JITTER
        is_known = (uptime, state.net_in_transfer) == (uptime_before, memory.net_in_transfer)
        is_accepted = has_fallen or (is_later and not is_known)
    return (boot_time, started, server.last_active, state.net_in_transfer) if is_accepted else remembered


def _is_later_report(server: Server, known: KnownServer | None) -> bool:
    """Whether a state came after its host had been seen already: a server's clock that is ahead says nothing against it."""
    if known is None or known.server.host is None or known.server.last_active is None:
        return False
    return server.host == known.server.host and (server.last_active or 0) > known.server.last_active


_NEW = Memory()
