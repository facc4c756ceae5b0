"""A home whose dashboard, agents, proxies or guests are hostile."""

import asyncio
from contextlib import AbstractContextManager
import logging
from typing import Any, override

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import STATE_ON, STATE_UNAVAILABLE
from tests.live_home import Home, until

from .harm import ATTACKER, Harm, Registered, harm, logged, registered

__all__ = ["HONEST", "VICTIM", "AttackedHome", "until"]

VICTIM = 1
"""The number of the server whose agent is hostile; those of the others are honest."""
HONEST = (2, 3)
LONGEST_LINE = 1_000
"""Characters of a line of the log."""


class AttackedHome(Home):
    """A Home Assistant with a dashboard of three servers, the agent of the first of which may be hostile."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.caplog: pytest.LogCaptureFixture
        push = self.simulator.push_frame

        async def attack() -> int:
            return await asyncio.create_task(push(), name=ATTACKER)

        # What it costs to make a frame is not the home's affair.
        self.simulator.push_frame = attack  # type: ignore[method-assign]

    @override
    async def set_up(self, **options: Any) -> MockConfigEntry:
        """Set up, see a frame, and forget what was logged meanwhile."""
        entry = await super().set_up(**{"metrics_interval": 2} | options)
        await self.frame(2)
        self.caplog.clear()
        return entry

    @property
    def coordinator(self) -> Any:
        """What runs for the entry."""
        assert self.entry is not None
        return self.entry.runtime_data

    def harm(self) -> AbstractContextManager[Harm]:
        """Watch what is done from here on."""
        return harm(self.hass)

    def registered(self) -> Registered:
        """Count what stands in the registries."""
        return registered(self.hass)

    def lines(self) -> list[str]:
        """Return what was logged as a warning or worse since the set-up: no line is long, or has a traceback."""
        records = self.caplog.records
        assert not [each for each in records if each.exc_info and each.levelno > logging.DEBUG]
        lines = logged(records)
        assert all(len(line) < LONGEST_LINE for line in lines)
        return lines

    async def assert_as_before(self) -> None:
        """The dashboard's honest servers are shown with what they measure from now on, and nobody is asked for anything."""
        assert self.entry is not None
        assert self.entry.state is ConfigEntryState.LOADED
        assert self.reauths() == 0
        for load in (41.0, 42.0):
            for number in HONEST:
                self.dashboard.servers[number].machine.pin(load_1=load)
            await self.poll(30)
            for number in HONEST:
                assert (self.shown("online", number), self.shown("load_1", number)) == (STATE_ON, str(load))

    def is_shown(self, number: int = HONEST[0]) -> bool:
        """Whether a server is shown at all."""
        return self.shown("online", number) != STATE_UNAVAILABLE
