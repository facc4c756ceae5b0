"""What an agent on one monitored server can do, or whoever has the secret that agents register with."""

from datetime import timedelta

import pytest

from custom_components.nezha.runtime import limits
from homeassistant.components.sensor import ATTR_STATE_CLASS
from homeassistant.const import STATE_ON, STATE_UNKNOWN
from homeassistant.helpers import entity_registry as er
from simulator import ODDITIES, Temperature

from .home import HONEST, VICTIM, AttackedHome

PARTS = 64
"""Entities of its temperature sensors that a server has at most."""
PARTS_ENABLED = 3
OF_A_SERVER = 60
"""Entities of a server without such parts, more than any has."""


def parts(home: AttackedHome) -> list[er.RegistryEntry]:
    """Return the entities of temperature sensors."""
    return [each for each in er.async_get(home.hass).entities.values() if "_temperature_" in each.unique_id]


@pytest.mark.parametrize("generation", ["v1", "v2"])
async def test_a_thousands_of_temperatures(home: AttackedHome, generation: str) -> None:
    await home.set_up()
    machine = home.dashboard.servers[VICTIM].machine
    with home.harm() as harm:
        for turn in range(3):
            machine.pin(temperatures=tuple(Temperature("cpu", 40.0 + (turn + each) % 50) for each in range(25_000)))
            await home.frame(4)
            await home.poll(30)
            assert len(home.dashboard.servers[VICTIM].state.temperatures) == 25_000
    harm.assert_nothing_blocked()
    assert len(parts(home)) == PARTS
    assert sum(not each.disabled for each in parts(home)) == PARTS_ENABLED
    assert len([line for line in home.lines() if "temperature sensors" in line]) == 1
    await home.assert_as_before()


async def test_a_more_of_them_than_an_answer_may_have(home: AttackedHome) -> None:
    """Then the answer cannot be read at all: that is said once, and over as soon as the agent stops."""
    await home.set_up()
    machine = home.dashboard.servers[VICTIM].machine
    machine.pin(temperatures=tuple(Temperature("cpu", 40.0) for _ in range(300_000)))
    with home.harm() as harm:
        for _ in range(2):
            await home.poll(30)
    harm.assert_nothing_blocked()
    assert not home.is_shown()
    assert len(home.lines()) == 1
    machine.unpin()
    home.clock.tick(4)
    await home.assert_as_before()


async def test_b_new_names_with_every_report(home: AttackedHome) -> None:
    machine = home.dashboard.servers[VICTIM].machine
    machine.sensors = tuple(f"sensor {place}" for place in range(20))
    machine.renames_sensors = True
    entry = await home.set_up()
    seen: set[str] = set()
    for _ in range(20):
        await home.frame(2)
        await home.poll()
        seen |= {each.name for each in home.dashboard.servers[VICTIM].state.temperatures}
    assert len(seen) == 400
    assert len(parts(home)) == PARTS
    assert sum(not each.disabled for each in parts(home)) == PARTS_ENABLED
    assert len([line for line in home.lines() if "alpha" in line and "temperature sensors" in line]) == 1
    await home.hass.config_entries.async_reload(entry.entry_id)
    await home.viewer()
    await home.frame(2)
    assert len(parts(home)) == PARTS, "a restart is no new beginning"
    await home.assert_as_before()


async def test_c_thousands_of_servers_register(home: AttackedHome) -> None:
    """They become devices by and by, and only as many as a home can bear; the user is asked."""
    entry = await home.set_up()
    before = home.registered()
    for number in range(2_000):
        home.dashboard.add_server(f"bot {number}")
    with home.harm() as harm:
        await home.frame(2)
        await home.poll()
        await home.frame(2)
        await home.poll(60)
    harm.assert_nothing_blocked()
    assert len(entry.runtime_data.snapshot.servers) == limits.NEW_SERVERS_AN_HOUR + 3
    after = home.registered()
    assert after.devices - before.devices == limits.NEW_SERVERS_AN_HOUR
    assert after.entities - before.entities <= limits.NEW_SERVERS_AN_HOUR * OF_A_SERVER
    assert home.issues() == {"new_servers_hub"}
    await home.assert_as_before()

    # Those that come and go leave no more behind than those that stay.
    for turn in range(3):
        for number in [each for each in home.dashboard.servers if each > 3]:
            home.dashboard.remove_server(number)
        home.dashboard._orphans.clear()
        for number in range(200):
            home.dashboard.add_server(f"bot {turn} {number}")
        for _ in range(2):
            await home.poll(30)
    assert home.registered().devices == after.devices
    assert home.registered().entities == after.entities
    assert len(home.coordinator.dump()["servers"]) <= limits.NEW_SERVERS_AN_HOUR + 3
    await home.assert_as_before()


async def test_e_an_uptime_that_falls_with_every_frame(home: AttackedHome) -> None:
    """Each is a reboot, as far as anybody can tell; none costs more than a state."""
    machine = home.dashboard.servers[VICTIM].machine
    await home.set_up()
    event = er.async_get(home.hass).async_get_entity_id("event", "nezha", f"hub_{machine.uuid}_changes")
    seconds, resets = 600, set()
    with home.harm() as harm:
        for turn in range(seconds // 2):
            left = 100_000 - 100 * turn
            machine.pin(uptime=left, net_in_transfer=left, net_out_transfer=left)
            await home.frame(2)
            resets.add(home.coordinator.data[machine.uuid].memory.last_reset)
    assert len(resets) > seconds // 4, "each was taken for a reboot"
    harm.assert_nothing_blocked()
    assert harm.states[event] <= 1 + seconds // 300
    assert 0 < harm.stores["nezha.hub"] <= 1 + seconds // 60
    for number in HONEST:
        assert harm.states[home.entity_id("online", number)] == 0
    assert home.lines() == []
    await home.assert_as_before()


async def test_q_a_temperature_that_nothing_has(home: AttackedHome) -> None:
    machine = home.dashboard.servers[VICTIM].machine
    machine.sensors = ("cpu", "nvme")
    await home.set_up()
    key = home.entity_id("temperature_cpu")
    machine.pin(**ODDITIES["heat_of_the_universe"])
    for _ in range(2):
        await home.frame(2)
        await home.poll(30)
        assert home.dashboard.servers[VICTIM].state.temperatures[0].celsius == 1.7e308
        assert home.hass.states.get(key).state == STATE_UNKNOWN
        assert home.shown("online", VICTIM) == STATE_ON
    assert len(home.lines()) == 1
    machine.pin(temperatures=(Temperature("cpu", 45.0),))
    await home.frame(4)
    assert home.hass.states.get(key).state == "45.0"
    assert home.hass.states.get(key).attributes[ATTR_STATE_CLASS] == "measurement"
    await home.assert_as_before()


async def test_s_a_boot_time_that_cannot_be_read_keeps_no_other_server(home: AttackedHome) -> None:
    await home.set_up()
    home.simulator.faults.set("set:data.0.host.boot_time=-1e30", path="/server")
    gone = home.entity_id("online", 3)
    home.dashboard.remove_server(3)
    home.dashboard._orphans.clear()
    for _ in range(limits.LISTS_WITHOUT + 1):
        await home.poll(limits.SECONDS_WITHOUT / limits.LISTS_WITHOUT)
    assert home.simulator.faults.delivered
    assert home.hass.states.get(gone) is None
    assert "gamma" not in home.devices().values()
    assert home.shown("online", VICTIM) == STATE_ON
    assert len([line for line in home.lines() if "boot_time" in line]) == 1


async def test_u_names_and_identities_that_collide(home: AttackedHome) -> None:
    home.dashboard.add_service("Website")
    impostor = home.dashboard.servers[VICTIM].machine
    impostor.uuid = "service_1"
    impostor.pin(**ODDITIES["names_that_collide"])
    await home.set_up()
    assert home.dashboard.servers[VICTIM].state.temperatures[2].name == "cpu 2"
    assert sorted(filter(None, home.devices().values())) == ["Website", "alpha", "beta", "dashboard", "gamma"]
    assert len(home.devices()) == 5, "the server and the service have a device each"
    keys = [each.unique_id for each in parts(home)]
    assert len(set(keys)) == len(ODDITIES["names_that_collide"]["temperatures"])
    home.clock.tick(4)
    impostor.pin(temperatures=(Temperature("cpu 2", 77.0),))
    await home.poll(30)
    shown = {each.unique_id: home.hass.states.get(each.entity_id) for each in parts(home) if not each.disabled}
    warm = [key for key, state in shown.items() if state and state.state == "77.0"]
    assert warm in ([], ["hub_service-1_temperature_cpu 2 1"]), "it is no other sensor's than before"
    await home.assert_as_before()


async def test_w_an_address_and_a_version_that_flap(home: AttackedHome) -> None:
    machine = home.dashboard.servers[VICTIM].machine
    await home.set_up()
    event = er.async_get(home.hass).async_get_entity_id("event", "nezha", f"hub_{machine.uuid}_changes")
    polls = 60
    with home.harm() as harm:
        for turn in range(polls):
            machine.pin(ipv4=f"198.51.100.{turn % 2}", version=f"1.{turn % 2}", platform_version=f"12.{turn % 2}")
            machine.reconnect(home.dashboard.clock())
            await home.poll(30)
    hosts = timedelta(seconds=30 * polls)
    kinds = 2
    assert harm.states[event] <= kinds * (1 + hosts // timedelta(minutes=5))
    assert harm.states[event] <= 20
    assert harm.updates["device_registry_updated"] <= limits.DEVICE_WRITES_AN_HOUR
    assert harm.stores["nezha.hub"] <= 1 + hosts // timedelta(seconds=limits.STORE_DELAY)
    harm.assert_nothing_blocked()
    await home.assert_as_before()
