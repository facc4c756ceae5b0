"""The Telegram bot: every feature of the two community bots, by core's own integration and a stand-in for Telegram."""

from collections.abc import AsyncIterator
from pathlib import Path
import re
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from homeassistant.config_entries import ConfigSubentryData
from homeassistant.core import HomeAssistant
from simulator import Simulator
from tests.automations.home import ALPHA, BETA, GAMMA, Home, dashboard, entry_of, home_of, restarted
from tests.conftest import Clock, set_up
from tests.test_services import serving

from .home import automate, stop
from .telegram import TOKEN, Message, Telegram

CHAT, STRANGER = 42, 43


@pytest.fixture
async def telegram(socket_enabled: None) -> AsyncIterator[Telegram]:
    """Run the stand-in."""
    telegram = Telegram()
    await telegram.start()
    yield telegram
    await telegram.stop()


@pytest.fixture
async def simulator(clock: Clock, socket_enabled: None, request: pytest.FixtureRequest) -> AsyncIterator[Simulator]:
    """Serve v2, from the first list on with as many more servers as a test asks for."""
    served = dashboard()
    for number in range(getattr(request, "param", 0)):
        served.add_server(f"node-{number:03}")
    async with serving("v2", served) as simulator:
        yield simulator


@pytest.fixture
async def home(
    hass: HomeAssistant,
    hass_storage: dict[str, Any],
    clock: Clock,
    simulator: Simulator,
    telegram: Telegram,
    tmp_path: Path,
    request: pytest.FixtureRequest,
) -> AsyncIterator[Home]:
    """Set up the dashboard, core's Telegram bot and an automation of the blueprint."""
    await hass.config.async_set_time_zone("Asia/Shanghai")
    home = await home_of(hass, clock, simulator)
    bot = bot_entry(telegram)
    bot.add_to_hass(hass)
    assert await hass.config_entries.async_setup(bot.entry_id)
    await automate(hass, tmp_path, "telegram_bot", bot=bot.entry_id, chats=[str(CHAT)], **getattr(request, "param", {}))
    yield home
    await stop(hass)
    await hass.config_entries.async_unload(bot.entry_id)


def bot_entry(telegram: Telegram) -> MockConfigEntry:
    """Return an entry of core's Telegram bot; it allows one more chat than the blueprint."""
    return MockConfigEntry(
        domain="telegram_bot",
        title="Nezha bot",
        unique_id=TOKEN,
        version=1,
        minor_version=3,
        data={"platform": "polling", "api_key": TOKEN, "api_endpoint": telegram.url},
        options={"parse_mode": "markdown"},
        subentries_data=[
            ConfigSubentryData(
                data={"chat_id": chat}, subentry_type="allowed_chat_ids", title=str(chat), unique_id=str(chat)
            )
            for chat in (CHAT, STRANGER)
        ],
    )


def lines(message: Message) -> list[str]:
    """Return a message's lines, without the time at its end."""
    *body, last = message.text.splitlines()
    return body if last.startswith("🕒") else [*body, last]


class TestOfTheFirstBot:
    """/start, /help, /tag, /check, menus with refresh and back."""

    async def test_start_and_help(self, home: Home, telegram: Telegram) -> None:
        message = await telegram.write("/start", CHAT)
        assert message.text.startswith("👋 Hello, Ada")
        assert list(message.buttons) == ["🖥 Servers", "📋 Overview", "📡 Services"]
        message = await telegram.write("/help@nezha_bot", CHAT)
        assert all(f"/{command}" in message.text for command in ("tag", "check", "overview", "server", "cron"))

    async def test_menus_from_groups_to_a_server_and_back(self, home: Home, telegram: Telegram) -> None:
        menu = await telegram.write("/start", CHAT)
        groups = await telegram.press(menu, "🖥 Servers")
        assert lines(groups) == ["🏷 <b>Choose a group</b>", "1. Berlin (1/1)", "2. Tokyo (1/1)", "3. default (1/1)"]
        servers = await telegram.press(groups, "Tokyo")
        assert lines(servers) == ["🏷 <b>Tokyo</b>", f"🟢 1 {ALPHA}, CPU 10.0 %"]
        server = await telegram.press(servers, ALPHA)
        assert lines(server)[0] == f"🟢 <b>{ALPHA}</b> (1)"
        back = await telegram.press(server, "↩️ Back")
        assert lines(back)[0] == "🏷 <b>Tokyo</b>"
        assert list((await telegram.press(back, "🏠 Main menu")).buttons)[0] == "🖥 Servers"

    async def test_servers_without_a_group_only_under_default(self, home: Home, telegram: Telegram) -> None:
        message = await telegram.write("/tag default", CHAT)
        assert lines(message) == ["🏷 <b>default</b>", f"🟢 3 {GAMMA}, CPU 30.0 %"]

    async def test_tag_by_name_in_any_letters(self, home: Home, telegram: Telegram) -> None:
        assert lines(await telegram.write("/tag tokyo", CHAT))[1] == f"🟢 1 {ALPHA}, CPU 10.0 %"
        assert (await telegram.write("/tag Paris", CHAT)).text.startswith("There is nothing here.")
        assert lines(await telegram.write("/tag", CHAT))[0] == "🏷 <b>Choose a group</b>"

    async def test_check_shows_all_three_loads_and_what_is_used(self, home: Home, telegram: Telegram) -> None:
        home.machine(1).pin(load_1=1.25, load_5=0.75, load_15=0.5, net_in_speed=2 * 2**20)
        home.clock.tick(5)
        message = await telegram.write("/check 1", CHAT)
        assert "Load 1.25 0.75 0.50" in message.text
        assert "Memory 25.0 % [1.00 GiB/4.00 GiB]" in message.text
        assert "Disk 40.0 % [40.00 GiB/100.00 GiB]" in message.text
        assert "↓2.00 MiB/s" in message.text and "[x86_64]" in message.text
        assert "💳 Expires: 2026-07-01" in message.text

    async def test_refresh_asks_the_dashboard(self, home: Home, telegram: Telegram) -> None:
        message = await telegram.write("/check 1", CHAT)
        assert "CPU 10.0 %" in message.text
        home.machine(1).pin(cpu=88.0)
        home.clock.tick(5)
        assert "CPU 88.0 %" in (await telegram.press(message, "🔄 Refresh")).text

    async def test_the_time_is_the_users(self, home: Home, telegram: Telegram) -> None:
        message = await telegram.write("/check 1", CHAT)
        assert re.search(r"🕒 2026-06-01 20:0\d:\d\d$", message.text)

    async def test_a_server_that_is_not_there(self, home: Home, telegram: Telegram) -> None:
        assert lines(await telegram.write("/check 99", CHAT)) == [
            "There is no such server. Send /server and a part of its name."
        ]


class TestOfTheSecondBot:
    """/overview, /server with a search, /services, /cron with a confirmation, masked addresses."""

    async def test_overview(self, home: Home, telegram: Telegram) -> None:
        home.machine(2).silent = True
        await home.pass_by(60)
        message = await telegram.write("/overview", CHAT)
        assert "🟢 Online: 2/3" in message.text and f"🔴 Offline (1): {BETA}" in message.text
        assert "Memory 25.0 % [2.00 GiB/8.00 GiB]" in message.text
        home.machine(2).silent = False
        home.clock.tick(30)
        assert "🟢 Online: 3/3" in (await telegram.press(message, "🔄 Refresh")).text

    @pytest.mark.parametrize(
        ("text", "found"), [("LPH", [ALPHA]), ("马", [GAMMA]), ("2", [BETA]), ("a", [ALPHA, BETA])]
    )
    async def test_search(self, home: Home, telegram: Telegram, text: str, found: list[str]) -> None:
        message = await telegram.write(f"/server {text}", CHAT)
        assert lines(message)[0] == f"🔎 <b>Found: {len(found)}</b>"
        assert list(message.buttons)[: len(found)] == found
        assert lines(await telegram.press(message, found[0]))[0].startswith(f"🟢 <b>{found[0]}</b>")

    async def test_search_without_a_text_says_how(self, home: Home, telegram: Telegram) -> None:
        assert "Send /server and a part of a name." in (await telegram.write("/server", CHAT)).text

    async def test_addresses_are_masked(self, home: Home, telegram: Telegram) -> None:
        message = await telegram.write("/check 1", CHAT)
        assert "Address: 198.51.*.*" in message.text and "198.51.100.1" not in message.text

    async def test_services_and_cycles(self, home: Home, telegram: Telegram) -> None:
        home.dashboard.services[1].failing = True
        await home.pass_by(1800, step=300)
        message = await telegram.write("/services", CHAT)
        assert "❌ Website: down" in message.text
        assert "📊 <b>Monthly</b>, resets 2026-07-01" in message.text
        assert re.search(rf"• {ALPHA}: [0-9.]+ \w+ / 1000.00 GiB", message.text)

    @pytest.mark.parametrize("home", [{"run_tasks": True}], indirect=True)
    async def test_a_task_after_a_confirmation(self, home: Home, telegram: Telegram) -> None:
        message = await telegram.write("/cron", CHAT)
        assert lines(message) == ["⏰ <b>Tasks</b>", "• Backup"]
        asked = await telegram.press(message, "▶️ Backup")
        assert lines(asked) == ["❓ Run this task now?", "<b>Backup</b>"]
        assert home.dashboard.tasks[1].last_executed_at is None
        cancelled = await telegram.press(asked, "Cancel")
        assert home.dashboard.tasks[1].last_executed_at is None
        started = await telegram.press(await telegram.press(cancelled, "▶️ Backup"), "Run it")
        assert lines(started) == ["▶️ Started: Backup"]
        assert home.dashboard.tasks[1].last_executed_at is not None

    @pytest.mark.parametrize("home", [{"run_tasks": True}], indirect=True)
    async def test_a_task_that_cannot_be_run(self, home: Home, telegram: Telegram) -> None:
        asked = await telegram.press(await telegram.write("/cron", CHAT), "▶️ Backup")
        del home.dashboard.tasks[1]
        assert lines(await telegram.press(asked, "Run it")) == ["⚠️ Could not be run"]

    async def test_tasks_only_where_they_are_allowed(self, home: Home, telegram: Telegram) -> None:
        assert lines(await telegram.write("/cron", CHAT)) == ["⛔ Tasks may not be run here."]


class TestWhatNeitherHas:
    """Who may ask, any number of servers, names of any kind, a dashboard that is gone, Chinese."""

    async def test_others_are_not_answered(self, home: Home, telegram: Telegram) -> None:
        for chat in (STRANGER, 99):
            message = {
                "message_id": 1,
                "date": 1,
                "chat": {"id": chat, "type": "private"},
                "from": {"id": chat, "is_bot": False, "first_name": "Eve"},
                "text": "/overview",
                "entities": [{"type": "bot_command", "offset": 0, "length": 9}],
            }
            telegram.tell({"message": message})
        assert (await telegram.write("/start", CHAT)).chat == CHAT
        await home.hass.async_block_till_done()
        assert {message.chat for message in telegram.messages.values()} == {CHAT}

    @pytest.mark.parametrize(("simulator", "home"), [(100, {"page_size": 10})], indirect=True)
    async def test_any_number_of_servers_in_pages(self, home: Home, telegram: Telegram) -> None:
        seen: set[str] = set()
        message = await telegram.write("/tag default", CHAT)
        while True:
            seen |= {name for name in message.buttons if name.startswith("node-")}
            if "»" not in message.buttons:
                break
            message = await telegram.press(message, "»")
        assert len(seen) == 100
        assert "(11/11)" in lines(message)[0]
        assert "(10/11)" in lines(await telegram.press(message, "«"))[0]

    async def test_many_groups_six_a_row(self, home: Home, telegram: Telegram) -> None:
        for number in range(40):
            server = home.dashboard.add_server(f"node-{number}")
            home.dashboard.add_group(f"组 {number:02}", [server.id])
        message = await telegram.write("/tag", CHAT)
        assert [len(row) for row in message.keyboard[:5]] == [6, 6, 6, 6, 6]
        message = await telegram.press(message, "»")
        assert f"🟢 {server.id} {server.name}" in (await telegram.press(message, "组 39")).text

    async def test_names_of_any_kind(self, home: Home, telegram: Telegram) -> None:
        name = '<b>O\'Brien</b> & "co" ' + "长" * 60
        home.dashboard.rename(1, name)
        await home.poll()
        message = await telegram.write("/server O'Brien", CHAT)
        assert "&lt;b&gt;O&#39;Brien&lt;/b&gt; &amp; " in message.text
        detail = await telegram.press(message, name[:30])
        assert lines(detail)[0].startswith("🟢 <b>&lt;b&gt;O&#39;Brien")

    async def test_a_dashboard_that_does_not_answer(self, home: Home, telegram: Telegram) -> None:
        home.simulator.stop_listening()
        for command in ("/overview", "/check 1", "/tag", "/services"):
            message = await telegram.write(command, CHAT)
            assert lines(message) == ["⚠️ My site does not answer. Try again later."]
        home.simulator.resume()
        assert "🟢 Online: 3/3" in (await telegram.write("/overview", CHAT)).text

    @pytest.mark.parametrize("home", [{"language": "zh"}], indirect=True)
    async def test_in_chinese(self, home: Home, telegram: Telegram) -> None:
        message = await telegram.write("/start", CHAT)
        assert message.text.startswith("👋 你好, Ada") and "🖥 开始查询" in message.buttons
        message = await telegram.write("/check 1", CHAT)
        assert "负载 0.10 0.10 0.10" in message.text and "返回主菜单" in " ".join(message.buttons)


async def test_over_a_restart(home: Home, telegram: Telegram, tmp_path: Path) -> None:
    """A menu that was sent before it works after it."""
    groups = await telegram.press(await telegram.write("/start", CHAT), "🖥 Servers")
    await stop(home.hass)
    for entry in home.hass.config_entries.async_entries("telegram_bot"):
        await home.hass.config_entries.async_unload(entry.entry_id)
    async with restarted(home) as after:
        await after.hass.config.async_set_time_zone("Asia/Shanghai")
        bot = bot_entry(telegram)
        bot.add_to_hass(after.hass)
        after.entry.add_to_hass(after.hass)
        assert await after.hass.config_entries.async_setup(after.entry.entry_id)
        assert await after.hass.config_entries.async_setup(bot.entry_id)
        await automate(after.hass, tmp_path, "telegram_bot", bot=bot.entry_id, chats=[str(CHAT)])
        assert lines(await telegram.press(groups, "Tokyo")) == ["🏷 <b>Tokyo</b>", f"🟢 1 {ALPHA}, CPU 10.0 %"]
        await stop(after.hass)
        await after.hass.config_entries.async_unload(bot.entry_id)


async def test_several_dashboards(home: Home, telegram: Telegram) -> None:
    """Servers of both are counted and found; where both have a server of a number, the user chooses."""
    other = dashboard()
    other.rename(1, "delta")
    other.rename(2, "epsilon")
    other.rename(3, "zeta")
    async with serving("v1", other) as simulator:
        second = entry_of(simulator, "v1")
        second = MockConfigEntry(
            domain=second.domain, title="Other site", entry_id="other", data=second.data, options=second.options
        )
        await set_up(home.hass, second)
        assert "🟢 Online: 6/6" in (await telegram.write("/overview", CHAT)).text
        tokyo = await telegram.write("/tag Tokyo", CHAT)
        assert [name for name in (ALPHA, "delta") if name in tokyo.text] == [ALPHA, "delta"]
        for name in (ALPHA, "delta"):
            found = await telegram.write(f"/server {name}", CHAT)
            assert lines(await telegram.press(found, name))[0].startswith(f"🟢 <b>{name}</b>")
        both = await telegram.write("/check 1", CHAT)
        assert {ALPHA, "delta"} <= set(both.buttons)
        await home.hass.config_entries.async_unload("other")


async def test_on_v0(
    hass: HomeAssistant, hass_storage: dict[str, Any], clock: Clock, telegram: Telegram, tmp_path: Path
) -> None:
    async with serving("v0", dashboard()) as simulator:
        await home_of(hass, clock, simulator, "v0")
        bot = bot_entry(telegram)
        bot.add_to_hass(hass)
        assert await hass.config_entries.async_setup(bot.entry_id)
        await automate(hass, tmp_path, "telegram_bot", bot=bot.entry_id, chats=[str(CHAT)])
        assert f"1 {ALPHA}" in (await telegram.write("/tag Tokyo", CHAT)).text
        assert f"<b>{ALPHA}</b> (1)" in (await telegram.write("/check 1", CHAT)).text
        assert "There is nothing here." in (await telegram.write("/services", CHAT)).text
        await stop(hass)
        await hass.config_entries.async_unload(bot.entry_id)
