"""A server of the newest answer, completed by what earlier ones said.

Of an agent's report there are two parts, the host and the state, and each comes blank or filled. A blank tells nothing at all:
what was known stays. A filled one is the whole truth: a field that it does not tell is unknown, not what it was before.
"""

from dataclasses import dataclass, replace

from ..api import Host, Report, Server, State
from .boots import JITTER, Verdict, boot_of, continued, decide, last_reset
from .clock import ROUNDING, Step
from .memory import Memory
from .online import is_within, newest

NOTHING = Memory()
_BREAK = 5
"""Seconds: agents report every 1 to 4."""


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
            self.memory.last_reset,
            self.host,
            server.number,
            server.name,
            server.groups,
            server.ipv4,
            server.ipv6,
            server.country,
            server.public_note,
        )


def complete(
    known: KnownServer | None,
    memory: Memory,
    server: Server,
    *,
    now: int,
    offline_after: int,
    step: Step = Step.STEADY,
    after_outage: bool = False,
) -> KnownServer:
    """Complete a server by what is remembered of it.

    `known` is the same server as it was before, `now` the dashboard's clock and `step` how it came there. After an outage
    silence until now is the dashboard's own.
    """
    before = known.server if known else None
    if before and server.host is None:
        # Where a server is comes from its agent too.
        server = replace(
            server,
            ipv4=server.ipv4 or before.ipv4,
            ipv6=server.ipv6 or before.ipv6,
            country=server.country or before.country,
        )
    state, report = (known.state, known.report) if known else (None, 0)
    boot, reset = memory.boot, memory.last_reset
    if new := boot_of(server):
        is_again = (boot is None or new.time != boot.time) and is_repeated(before, server)
        verdict = decide(boot, new, is_host_blank=server.host is None, is_repeated=is_again)
        if boot is None or verdict in (Verdict.SAME, Verdict.NEW):
            state = server.state
            report += before is None or _has_reported(server, before)
        if verdict is Verdict.NEW:
            boot, reset = new, last_reset(new, reset)
        elif verdict is Verdict.SAME and boot:
            boot = continued(boot, new, may_correct=is_again)

    heard = server.last_active
    if heard is not None and before and heard == before.last_active and heard > (memory.last_active or 0) + ROUNDING:
        # It was of the future when it came. A dashboard whose clock was ahead for a while must not keep a silent server
        # online for as long, nor bring it back when that time has come.
        heard = None
    last_active = newest(now, memory.last_active, heard)
    silent_from = newest(now, known.silent_from) if known else None
    is_newly_blank = server.state is None and (before is None or before.state is not None)
    if memory.online and (after_outage or is_newly_blank or step is not Step.STEADY):
        silent_from = now
    elif memory.online and last_active is not None and _is_break(before, server, now - last_active - offline_after):
        silent_from = now - offline_after
    online = is_within(offline_after, now, last_active, silent_from)
    if before and not memory.online and server.last_active == before.last_active and step is not Step.CORRECTED:
        # Who is offline comes back by a report, and not by a clock that is set back.
        online = False
    memory = Memory(
        last_active=last_active,
        boot=boot,
        last_reset=reset,
        online=online,
        host=server.host or memory.host,
    )
    return KnownServer(server=server, memory=memory, state=state, silent_from=silent_from, report=report)


def _is_break(before: Server | None, server: Server, late: int) -> bool:
    """Whether a server that is some seconds late may have lost its stream just now, be that for a second.

    v2 forgets then when the server reported. Where it is asked once a threshold, its report of the answer before is just
    older than that, and the next answer decides.
    """
    has_forgotten = server.last_active is None and before is not None and before.last_active is not None
    return has_forgotten and 0 < late <= _BREAK


def _has_reported(server: Server, before: Server) -> bool:
    """Whether a state is of another report than the one before: of the same second, it may say something else."""
    is_heard = server.last_active is not None and server.last_active != before.last_active
    return is_heard or server.state != before.state


def is_repeated(before: Server | None, server: Server) -> bool:
    """Whether the same boot time came beside another state before."""
    if before is None or before.host is None or server.host is None:
        return False
    one, other = before.host.boot_time, server.host.boot_time
    return one is not None and other is not None and abs(one - other) <= JITTER and before.state != server.state


def is_settled(known: KnownServer, *, now: int, offline_after: int) -> bool:
    """Whether the time that went by changes nothing of a server that says the same as before."""
    last_active = known.memory.last_active
    silent_since = max(last_active or 0, known.silent_from or 0)
    return (
        silent_since <= now
        and (known.server.last_active or 0) <= (last_active or 0)
        and known.memory.online == (silent_since > 0 and now - silent_since <= offline_after)
    )


def reported(server: Server, host: Host | None, report: Report) -> Server:
    """Return a server with a newer report. Of its host a frame of a guest's view has a part only: the boot time is in it.

    A host whose boot time was never reported is not blank for lacking it.
    """
    if host is not None and report.boot_time != host.boot_time:
        host = replace(host, boot_time=report.boot_time) if report.boot_time else None
    # Written out, as `replace` takes three times as long, and this is done for each server with each frame.
    return Server(
        identity=server.identity,
        number=server.number,
        name=server.name,
        groups=server.groups,
        ipv4=server.ipv4,
        ipv6=server.ipv6,
        country=server.country,
        last_active=report.last_active,
        host=host,
        state=report.state,
        public_note=server.public_note,
        unreadable=server.unreadable,
    )
