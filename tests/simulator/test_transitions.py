"""The turns that the recorded life of a real v0 dashboard took, one by one."""

from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
import pytest

from simulator import RECONNECT_DELAY, Dashboard, Server

from .conftest import Client, Clock

NEVER = -62_135_596_800

type Look = Callable[[], Awaitable[dict[str, Any]]]


@pytest.fixture
def alpha(dashboard: Dashboard) -> Server:
    """Return a server that reports."""
    return dashboard.add_server("alpha", tag="Tokyo")


@pytest.fixture
def look(client: Client, alpha: Server) -> Look:
    """Return a function that asks the dashboard for alpha."""

    async def ask() -> dict[str, Any]:
        return (await client.servers())[alpha.id]

    return ask


def is_blank(server: dict[str, Any]) -> bool:
    """Return whether neither host nor state nor time are known."""
    return not (
        any(server["host"].values())
        or any(server["status"].values())
        or server["last_active"] != NEVER
        or server["ipv4"]
        or server["valid_ip"]
    )


async def test_a_new_server_has_reported(look: Look, clock: Clock) -> None:
    server = await look()
    assert 0 <= clock.now - server["last_active"] <= 3
    assert server["status"]["Uptime"] > 0


async def test_a_server_that_never_reported_is_blank(look: Look, alpha: Server, clock: Clock) -> None:
    alpha.machine.never_reports = True
    clock.tick(3_600)
    assert is_blank(await look())


async def test_a_silent_server_keeps_its_last_state_and_time(look: Look, alpha: Server, clock: Clock) -> None:
    clock.tick(10)
    alpha.machine.silent = True
    at_the_end = await look()
    clock.tick(3_600)
    assert await look() == at_the_end


async def test_a_report_due_before_the_silence_is_still_taken(look: Look, alpha: Server, clock: Clock) -> None:
    first = await look()
    clock.tick(600)
    alpha.machine.silent = True
    clock.tick(600)
    assert (await look())["last_active"] == first["last_active"] + 600


async def test_a_returning_server_goes_on_counting(look: Look, alpha: Server, clock: Clock) -> None:
    before = await look()
    alpha.machine.silent = True
    clock.tick(600)
    alpha.machine.silent = False
    assert (await look())["status"] == before["status"]
    clock.tick(2)
    after = await look()
    assert after["last_active"] == clock.now
    assert after["host"] == before["host"]
    assert after["status"]["Uptime"] - before["status"]["Uptime"] == after["last_active"] - before["last_active"]
    assert after["status"]["NetInTransfer"] > before["status"]["NetInTransfer"]


async def test_a_new_boot_time_stands_beside_the_old_counters_for_a_moment(
    look: Look, alpha: Server, clock: Clock
) -> None:
    before = await look()
    clock.tick(0.1)
    alpha.machine.reboot()
    moment = await look()
    assert moment["host"]["BootTime"] == int(clock.now)
    assert moment["status"] == before["status"]
    clock.tick(1.8)
    assert (await look())["status"] == before["status"]
    clock.tick(0.2)
    after = await look()
    assert after["status"]["Uptime"] == 2
    assert after["status"]["NetInTransfer"] == after["status"]["NetInSpeed"] * 2


async def test_a_reboot_may_have_happened_in_silence(look: Look, alpha: Server, clock: Clock) -> None:
    alpha.machine.silent = True
    before = await look()
    clock.tick(20)
    alpha.machine.reboot(clock.now - 5, net_in_rate=1_000, net_out_rate=500.5)
    clock.tick(15)
    assert await look() == before
    alpha.machine.silent = False
    clock.tick(2)
    after = await look()
    assert after["status"]["Uptime"] == 22
    assert after["status"]["NetInTransfer"] == 22_000
    assert after["status"]["NetInSpeed"] == 1_000
    assert after["status"]["NetOutTransfer"] == 11_010


async def test_new_counters_may_pass_the_old_ones_unseen(look: Look, alpha: Server, clock: Clock) -> None:
    before = await look()
    alpha.machine.silent = True
    alpha.machine.reboot(net_in_rate=before["status"]["NetInTransfer"], net_out_rate=0)
    clock.tick(10)
    alpha.machine.silent = False
    clock.tick(2)
    after = await look()
    assert after["status"]["NetInTransfer"] == 12 * before["status"]["NetInTransfer"]
    assert after["status"]["NetOutTransfer"] == 0
    assert after["host"]["BootTime"] > before["host"]["BootTime"]


async def test_everything_is_blank_after_the_dashboards_restart_and_then_back(
    look: Look, dashboard: Dashboard, clock: Clock
) -> None:
    before = await look()
    dashboard.restart()
    blank = await look()
    assert is_blank(blank)
    assert (blank["id"], blank["name"], blank["tag"]) == (1, "alpha", "Tokyo")
    clock.tick(RECONNECT_DELAY - 0.1)
    assert is_blank(await look())
    clock.tick(2.1)
    host_only = await look()
    assert host_only["host"] == before["host"]
    assert not any(host_only["status"].values())
    assert host_only["last_active"] == NEVER
    clock.tick(2)
    after = await look()
    assert after["host"] == before["host"]
    assert after["status"]["NetInTransfer"] > before["status"]["NetInTransfer"]
    assert 0 <= clock.now - after["last_active"] <= 3


async def test_no_report_arrives_while_the_dashboard_is_down(look: Look, dashboard: Dashboard, clock: Clock) -> None:
    dashboard.stop()
    clock.tick(61)
    assert is_blank(await look())
    dashboard.start()
    clock.tick(9 - 0.1)
    assert is_blank(await look())
    clock.tick(4.1)
    assert not is_blank(await look())


async def test_a_silent_server_stays_blank_after_the_dashboards_restart(
    look: Look, alpha: Server, dashboard: Dashboard, clock: Clock
) -> None:
    alpha.machine.silent = True
    dashboard.restart()
    clock.tick(3_600)
    assert is_blank(await look())
    alpha.machine.silent = False
    clock.tick(2)
    assert not is_blank(await look())


def test_only_a_stopped_dashboard_can_start(dashboard: Dashboard) -> None:
    with pytest.raises(ValueError, match="running"):
        dashboard.start()


async def test_a_renamed_server_keeps_its_id(look: Look, alpha: Server, dashboard: Dashboard) -> None:
    dashboard.rename(alpha.id, "阿尔法")
    assert (await look())["name"] == "阿尔法"


async def test_a_server_changes_its_group(look: Look, client: Client, alpha: Server, dashboard: Dashboard) -> None:
    dashboard.retag(alpha.id, "Paris")
    assert (await look())["tag"] == "Paris"
    assert (await client.get("/api/v1/server/list?tag=Tokyo")).body["result"] == []


async def test_a_removed_server_is_gone_and_its_id_is_not_given_again(
    client: Client, alpha: Server, dashboard: Dashboard
) -> None:
    dashboard.remove_server(alpha.id)
    assert await client.servers() == {}
    again = dashboard.add_server("alpha again", alpha.machine)
    assert again.id == 2
    assert list(await client.servers()) == [2]


async def test_a_removed_server_can_be_put_back_under_its_id(
    look: Look, client: Client, alpha: Server, dashboard: Dashboard, clock: Clock
) -> None:
    before = await look()
    dashboard.remove_server(alpha.id)
    clock.tick(60)
    dashboard.add_server("alpha", alpha.machine, server_id=alpha.id)
    after = await look()
    assert after["host"] == before["host"]
    assert after["status"]["Uptime"] > before["status"]["Uptime"]


def test_an_id_stands_for_one_server(alpha: Server, dashboard: Dashboard) -> None:
    with pytest.raises(ValueError, match="server 1"):
        dashboard.add_server("beta", server_id=alpha.id)


async def test_an_unreachable_dashboard_comes_back_on_its_port_with_what_it_knew(
    look: Look, client: Client, clock: Clock
) -> None:
    before, url = await look(), client.simulator.url
    client.simulator.stop_listening()
    with pytest.raises(aiohttp.ClientConnectionError):
        await look()
    clock.tick(60)
    client.simulator.resume()
    assert client.simulator.url == url
    assert (await look())["last_active"] == before["last_active"] + 60
