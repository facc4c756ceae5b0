"""How a fault comes about, how it ends, and how often it took effect."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, override

from simulator import DEMO_USER, SCOPES
from simulator.callers import NO_SCOPE
from simulator.credentials import INVENTORY_READ

from .names import NAME

if TYPE_CHECKING:
    from .site import Site


class Trouble(ABC):
    """Something that goes wrong for a while."""

    secure: ClassVar[bool] = False
    """Whether the dashboard has to be had by https."""
    named: ClassVar[bool] = False
    """Whether it has to be had by a name."""
    delay: ClassVar[int] = 0
    """Seconds until it is felt."""

    @abstractmethod
    async def begin(self, site: Site) -> None:
        """Let it go wrong from now on."""

    @abstractmethod
    async def end(self, site: Site) -> None:
        """Let it be well again."""

    @abstractmethod
    def delivered(self, site: Site) -> int:
        """Return how often it took effect so far."""


@dataclass(frozen=True, slots=True)
class InAnswers(Trouble):
    """A fault of the simulator's answers."""

    name: str
    path: str = ""
    """A part of the paths that it concerns."""

    @override
    async def begin(self, site: Site) -> None:
        site.simulator.faults.set(self.name, path=self.path)

    @override
    async def end(self, site: Site) -> None:
        site.simulator.faults.clear()

    @override
    def delivered(self, site: Site) -> int:
        return site.simulator.faults.delivered[self.name]


class RedirectElsewhere(Trouble):
    """The dashboard redirects to another origin, which is never asked for anything."""

    @override
    async def begin(self, site: Site) -> None:
        await site.foreign.start()
        site.simulator.faults.elsewhere = site.foreign.url
        site.simulator.faults.set("redirect_elsewhere")

    @override
    async def end(self, site: Site) -> None:
        site.simulator.faults.clear()
        await site.foreign.stop()
        assert site.foreign.requests == []

    @override
    def delivered(self, site: Site) -> int:
        return site.simulator.faults.delivered["redirect_elsewhere"]


@dataclass(frozen=True, slots=True)
class InFrames(Trouble):
    """A fault of the simulator's frames."""

    name: str

    @override
    async def begin(self, site: Site) -> None:
        site.simulator.frame_faults.set(self.name)

    @override
    async def end(self, site: Site) -> None:
        site.simulator.frame_faults.clear()

    @override
    def delivered(self, site: Site) -> int:
        return site.simulator.frame_faults.delivered[self.name]


class ExpiredCertificate(Trouble):
    """The certificate is renewed too late."""

    secure = True

    @override
    async def begin(self, site: Site) -> None:
        site.show_certificate(site.certificates.expired)

    @override
    async def end(self, site: Site) -> None:
        site.show_certificate(site.certificates.good)

    @override
    def delivered(self, site: Site) -> int:
        return site.simulator.failed_handshakes


class UnknownName(Trouble):
    """The dashboard's name is not known any more, and connections that there were are gone."""

    named = True
    delay = 60

    @override
    async def begin(self, site: Site) -> None:
        site.names.forgotten.add(NAME)
        site.simulator.disconnect()

    @override
    async def end(self, site: Site) -> None:
        site.names.forgotten.clear()

    @override
    def delivered(self, site: Site) -> int:
        return site.names.failures


class Block(Trouble):
    """The dashboard's firewall blocks Home Assistant's address, for hours unless it is forgiven."""

    @override
    async def begin(self, site: Site) -> None:
        for _ in range(10):
            site.simulator.firewall.reject("127.0.0.1")

    @override
    async def end(self, site: Site) -> None:
        site.simulator.firewall.clear()

    @override
    def delivered(self, site: Site) -> int:
        return site.simulator.firewall.turned_away


class ScopeRemoved(Trouble):
    """The access token loses the one scope that it needs."""

    @override
    async def begin(self, site: Site) -> None:
        site.dashboard.credentials.add_access_token(site.token, set(SCOPES) - {INVENTORY_READ})

    @override
    async def end(self, site: Site) -> None:
        site.dashboard.credentials.add_access_token(site.token)

    @override
    def delivered(self, site: Site) -> int:
        return site.dashboard.credentials.refusals[NO_SCOPE.format(INVENTORY_READ)]


class PasswordChanged(Trouble):
    """The user has another password, and no session of theirs is good any more."""

    @override
    async def begin(self, site: Site) -> None:
        site.dashboard.credentials.add_user(DEMO_USER, "nobody-knows-it")
        site.dashboard.credentials.revoke_jwts()

    @override
    async def end(self, site: Site) -> None:
        """Leave it so: it is for the user to tell the new one."""

    @override
    def delivered(self, site: Site) -> int:
        return site.simulator.firewall.rejections["127.0.0.1"]
