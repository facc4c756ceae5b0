"""What an entry goes through while something is wrong; each ends with a home where all is well again."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from custom_components.nezha.const import DOMAIN
from homeassistant.config_entries import ConfigEntryState, ConfigFlowResult
from homeassistant.const import STATE_UNAVAILABLE, STATE_UNKNOWN
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers.translation import async_get_exception_message

from .home import Home, until
from .site import SERVERS

POLLING_INTERVAL = 10
A_MINUTE = 60
"""Is what a user needs at least to have another credential; the dashboard blocks for some seconds after a rejection."""
AN_HOUR = 3_600


def error(form: ConfigFlowResult) -> str | None:
    """Return what a form says that is wrong with it as a whole."""
    return (form.get("errors") or {}).get("base")


async def flow(home: Home) -> None:
    """Add a dashboard: a form that shows an error goes on once there is none."""
    fault = home.fault
    form = await home.begin_flow()
    await home.begin()
    form = await home.enter_address(form)
    assert error(form) == fault.address
    if fault.address:
        await home.assert_delivered()
        await home.end()
        form = await home.enter_address(form)
        await home.begin()
    form = await home.enter_credential(form)
    await home.assert_delivered()
    assert error(form) == fault.credential
    if fault.rejects:
        form = await submits_again(home, form)
    await home.end()
    if fault.credential:
        assert home.log() == []
        if fault.rejects:
            home.site.renew_credential()
            home.pass_by(A_MINUTE)
        form = await home.enter_credential(form)
    assert form["type"] is FlowResultType.CREATE_ENTRY
    home.entry = form["result"]
    await gets_well(home)


async def set_up(home: Home) -> None:
    """Set up for the first time, as at a start of Home Assistant."""
    await home.begin()
    await home.set_up()
    await assert_set_up(home)
    entities = home.entity_ids()
    await recovers(home)
    assert home.log() == []
    assert entities.items() <= home.entity_ids().items()


async def running(home: Home) -> None:
    """Poll more than once."""
    await home.come_up()
    ids, listeners = home.ids(), home.listeners()
    before = {number: home.shown("load_1", number) for number in SERVERS}
    await home.begin()
    for _ in range(2):
        home.site.next_turn()
        await home.poll()
        await home.assert_delivered()
        if home.fault.running:
            assert home.all_shown() == {STATE_UNAVAILABLE}
            continue
        for number in SERVERS:
            if number in home.fault.lacks:
                assert home.shown("load_1", number) == STATE_UNAVAILABLE
            elif number in home.fault.keeps:
                assert home.shown("load_1", number) == before[number]
            elif number in home.fault.unknown:
                assert home.shown("load_1", number) == STATE_UNKNOWN
            else:
                assert home.is_updated(number)
    assert len(home.log()) == bool(home.fault.running or home.fault.warns)
    await recovers(home)
    told = home.fault.running and not home.fault.rejects
    assert home.log() == (["INFO: Fetching dashboard data recovered"] if told else [])
    assert home.ids() == ids
    assert home.listeners() == listeners


async def reauth(home: Home) -> None:
    """Give another credential in place of one that was rejected."""
    await home.come_up()
    ids, old = home.ids(), home.site.credential
    home.site.renew_credential()
    await home.poll()
    assert home.is_rejected
    sent = home.site.sent(old)
    assert len(home.log()) == 1
    home.pass_by(A_MINUTE)
    await home.begin()
    form = await home.enter_credential(await home.reauth())
    await home.assert_delivered()
    assert error(form) == home.fault.reauth
    await home.end()
    if home.fault.reauth:
        if home.fault.rejects:
            home.site.renew_credential()
            home.pass_by(A_MINUTE)
        form = await home.enter_credential(form)
    assert form["reason"] == "reauth_successful"
    await gets_well(home)
    assert home.site.sent(old) == sent
    assert home.ids() == ids


async def reload(home: Home) -> None:
    """Set up again, as after a change of the options."""
    entry = await home.come_up()
    ids, listeners = home.ids(), home.listeners()
    await home.begin()
    await home.hass.config_entries.async_reload(entry.entry_id)
    await home.hass.async_block_till_done()
    await assert_set_up(home)
    await recovers(home)
    assert home.log() == []
    assert home.ids() == ids
    assert home.listeners() == listeners


async def unload(home: Home) -> None:
    """Unload in the middle of a poll."""
    entry = await home.come_up(scan_interval=POLLING_INTERVAL)
    ids = home.ids()
    await home.begin()
    await home.wait(POLLING_INTERVAL + 1)
    await home.assert_delivered()
    await home.assert_nothing_left()
    assert entry.state is ConfigEntryState.NOT_LOADED
    assert len(home.log()) <= 1
    await home.end()
    await home.set_up()
    if home.is_rejected:
        # It may have been for the second time: whoever hangs up does not hear the answer.
        await signs_in_anew(home)
    await gets_well(home)
    assert home.ids() == ids


async def assert_set_up(home: Home) -> None:
    """Assert what becomes of an entry that is set up while something is wrong."""
    fault, entry = home.fault, home.entry
    assert entry
    await home.assert_delivered()
    if fault.rejects:
        assert entry.state is ConfigEntryState.SETUP_ERROR
    elif fault.set_up:
        assert entry.state is ConfigEntryState.SETUP_RETRY
    else:
        assert entry.state is ConfigEntryState.LOADED
        for number in SERVERS:
            assert home.is_updated(number) != (number in fault.lacks | fault.keeps | fault.unknown)
    # The text, since the oldest Home Assistant does not keep its key.
    assert entry.reason == (async_get_exception_message(DOMAIN, fault.set_up) if fault.set_up else None)
    assert len(home.log()) == bool(fault.set_up or fault.warns)


async def recovers(home: Home) -> None:
    """Let the fault end, and all be well by itself; only a credential that was rejected has to be given anew."""
    await home.end()
    assert home.is_rejected == home.fault.rejects
    if home.fault.rejects:
        assert home.sent_since == 1
        await signs_in_anew(home)
    await gets_well(home)


async def submits_again(home: Home, form: ConfigFlowResult) -> ConfigFlowResult:
    """Submit a rejected credential twice more: each submit is sent once, and the dashboard decides anew."""
    assert home.sent_since == 1
    form = await home.enter_credential(form)
    assert error(form) == (home.fault.credential if home.site.generation == "v0" else "blocked")
    assert home.sent_since == 2
    home.pass_by(A_MINUTE)
    form = await home.enter_credential(form)
    assert error(form) == home.fault.credential
    assert home.sent_since == 3
    return form


async def gets_well(home: Home) -> None:
    """Wait for what happens by itself."""
    home.site.next_turn()
    await home.wait(home.fault.back_within)
    try:
        await until(lambda: not home.wrong())
    except TimeoutError:
        assert home.wrong() == []
    # All is shown, and what is not shown may still be added.
    await home.hass.async_block_till_done()


async def signs_in_anew(home: Home) -> None:
    """Find that a rejected credential is never sent again, and give another one."""
    assert home.entry
    requests, old = len(home.site.simulator.requests), home.site.credential
    await home.wait(AN_HOUR)
    await home.hass.config_entries.async_reload(home.entry.entry_id)
    await home.wait(AN_HOUR)
    assert len(home.site.simulator.requests) == requests
    sent = home.site.sent(old)
    home.site.renew_credential()
    form = await home.enter_credential(await home.reauth())
    assert form["reason"] == "reauth_successful"
    assert home.site.sent(old) == sent
    home.log()


@dataclass(frozen=True, slots=True)
class Phase:
    """One of them."""

    go_through: Callable[[Home], Awaitable[None]]
    generations: tuple[str, ...]
    """Those in which it is gone through. What a phase adds is the same in all; what a generation adds is seen running."""
    in_every_way: bool = False
    """Whether all faults are gone through, or one of those of which the same is expected: what it is taken for is seen before."""


PHASES = {
    "flow": Phase(flow, ("v0", "v2"), in_every_way=True),
    "set_up": Phase(set_up, ("v2",)),
    "running": Phase(running, ("v0", "v1", "v2"), in_every_way=True),
    "reauth": Phase(reauth, ("v1",)),
    "reload": Phase(reload, ("v1",)),
    "unload": Phase(unload, ("v2",)),
}
