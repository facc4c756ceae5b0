"""Blueprints that send messages: what they say, and once."""

from pathlib import Path
import re

from tests.automations.home import ALPHA, BETA, GAMMA, GIB, Home, note

from .home import EVERYWHERE, Phone, automate


class TestOfflineAlert:
    async def test_one_message_with_all_that_are_down_and_one_when_they_are_back(
        self, home: Home, phone: Phone, tmp_path: Path
    ) -> None:
        await automate(home.hass, tmp_path, "offline_alert", **EVERYWHERE)
        home.machine(1).silent = home.machine(3).silent = True
        await home.pass_by(240)
        ((title, message),) = phone.take()
        assert title == "🔴 Server offline (2)"
        assert message.splitlines() == [
            f"• {ALPHA} [Tokyo], since 06-01 11:59",
            f"• {GAMMA}, since 06-01 11:59",
        ]
        await home.pass_by(3600, step=300)
        assert phone.take() == []
        home.machine(1).silent = False
        await home.pass_by(60)
        ((title, message),) = phone.take()
        assert title == "🟢 Server back online"
        assert re.fullmatch(rf"• {ALPHA} \[Tokyo\], after 1:0[34] h", message)

    async def test_away_for_a_moment_is_not_told(self, home: Home, phone: Phone, tmp_path: Path) -> None:
        await automate(home.hass, tmp_path, "offline_alert", **EVERYWHERE)
        home.machine(1).silent = True
        await home.pass_by(90)
        home.machine(1).silent = False
        await home.pass_by(120)
        assert phone.take() == []

    async def test_no_storm_where_the_dashboard_is_gone(self, home: Home, phone: Phone, tmp_path: Path) -> None:
        await automate(home.hass, tmp_path, "offline_alert", **EVERYWHERE)
        home.simulator.stop_listening()
        await home.pass_by(60)
        await home.wait(121)
        home.simulator.resume()
        await home.pass_by(180)
        assert phone.take() == [
            ("⚠️ Dashboard unreachable", "My site does not answer. Nothing is known of its servers."),
            ("✅ Dashboard reachable again", "My site answers again"),
        ]

    async def test_in_quiet_hours_it_waits_for_their_end(self, home: Home, phone: Phone, tmp_path: Path) -> None:
        quiet = {"quiet_start": "11:00:00", "quiet_end": "13:00:00"}
        await automate(home.hass, tmp_path, "offline_alert", **EVERYWHERE, **quiet)
        home.machine(1).silent = home.machine(2).silent = True
        await home.pass_by(600, step=60)
        home.machine(2).silent = False
        await home.pass_by(60)
        assert phone.take() == []
        await home.wait(3601)
        ((title, message),) = phone.take()
        assert title == "🔴 Server offline (1)" and message.startswith(f"• {ALPHA} [Tokyo]")

    async def test_in_chinese(self, home: Home, phone: Phone, tmp_path: Path) -> None:
        await automate(home.hass, tmp_path, "offline_alert", **EVERYWHERE, language="zh", groups=["Berlin"])
        home.machine(1).silent = home.machine(2).silent = True
        await home.pass_by(240)
        assert phone.take() == [("🔴 服务器离线 (1)", f"• {BETA} [Berlin], 离线于 06-01 11:59")]

    async def test_without_a_recipient_home_assistant_shows_it(self, home: Home, tmp_path: Path) -> None:
        shown: list[str] = []
        home.hass.services.async_register(
            "persistent_notification", "create", lambda call: shown.append(call.data["message"])
        )
        await automate(
            home.hass,
            tmp_path,
            "offline_alert",
            also=[{"action": "test.run", "data": {"trigger": "also", "names": "{{ message }}"}}],
        )
        home.machine(2).silent = True
        await home.pass_by(240)
        assert shown == [f"• {BETA} [Berlin], since 06-01 11:59"]
        assert home.taken() == {"also": shown}


async def test_high_load(home: Home, phone: Phone, tmp_path: Path) -> None:
    await automate(home.hass, tmp_path, "high_load", **EVERYWHERE, load=4)
    home.machine(1).pin(cpu=95.25, load_5=4.5)
    home.machine(2).pin(cpu=99.0)
    await home.pass_by(240)
    assert phone.take() == []
    await home.pass_by(120)
    assert sorted(phone.take()) == [
        ("🔥 High load: CPU usage", f"• {ALPHA} [Tokyo]: CPU usage 95.2 %\n• {BETA} [Berlin]: CPU usage 99.0 %"),
        ("🔥 High load: Load", f"• {ALPHA} [Tokyo]: Load 4.5"),
    ]
    await home.pass_by(600, step=60)
    assert phone.take() == []


class TestTrafficQuota:
    async def test_each_limit_once(self, home: Home, phone: Phone, tmp_path: Path) -> None:
        await automate(home.hass, tmp_path, "traffic_quota", **EVERYWHERE)
        for used, percent in ((850, 80), (970, 95), (1100, 100)):
            home.machine(1).pin(net_in_transfer=used * GIB, net_out_transfer=0)
            await home.pass_by(3600, step=600)
            ((title, message),) = phone.take()
            assert title == "📊 Traffic"
            name, told, limit = re.fullmatch(
                r"• (.*) \(Monthly\): ([0-9.]+) %, .* of ([0-9.]+) GiB, resets.*", message
            ).groups()
            assert (name, limit) == (ALPHA, "1000.0") and percent < float(told) < percent + 15

    async def test_by_a_utility_meter(self, home: Home, phone: Phone, tmp_path: Path) -> None:
        meters = ["sensor.alpha_traffic", "sensor.beta_traffic"]
        for meter in meters:
            home.hass.states.async_set(meter, "unknown", {"unit_of_measurement": "GiB"})
        await automate(home.hass, tmp_path, "traffic_quota", **EVERYWHERE, meters=meters, meter_limit=500)
        told = []
        for value in ("390", "399", "410", "unavailable", "411", "480", "501", "0", "100"):
            home.hass.states.async_set(meters[0], value, {"unit_of_measurement": "GiB"})
            await home.hass.async_block_till_done()
            told += [message for _, message in phone.take()]
        assert told == [
            "• alpha traffic: 82.0 % of 500 GiB",
            "• alpha traffic: 96.0 % of 500 GiB",
            "• alpha traffic: 100.2 % of 500 GiB",
        ]


async def test_renewal_reminder(home: Home, phone: Phone, tmp_path: Path) -> None:
    home.dashboard.servers[3].public_note = ""
    home.dashboard.servers[1].public_note = note("2026-06-09T00:00:00+00:00")
    home.dashboard.servers[2].public_note = note("2026-06-05T00:00:00+00:00", autoRenewal="1")
    await home.poll()
    await automate(home.hass, tmp_path, "renewal_reminder", **EVERYWHERE, at="12:30:00")
    await home.wait(1801)
    assert phone.take() == []
    await home.wait(86_400)
    assert phone.take() == [
        (
            "💳 Servers to be paid",
            f"• {BETA} [Berlin] renews on 2026-06-05 (3 days)\n• {ALPHA} [Tokyo] expires on 2026-06-09 (7 days)",
        )
    ]
    home.simulator.stop_listening()
    await home.poll()
    await home.wait(2 * 86_400)
    assert phone.take() == [("💳 Servers to be paid", "⚠️ Not answering: My site")]


async def test_daily_report(home: Home, phone: Phone, tmp_path: Path) -> None:
    home.machine(1).silent = True
    home.dashboard.services[1].failing = True
    home.dashboard.servers[2].public_note = note("2026-06-05T00:00:00+00:00")
    await home.pass_by(1200, step=300)
    await automate(home.hass, tmp_path, "daily_report", **EVERYWHERE, at="12:30:00")
    await home.wait(601)
    ((title, message),) = phone.take()
    assert title == "🗒️ Servers: 2 online, 1 offline"
    lines = message.splitlines()
    assert f"🔴 offline: {ALPHA}" in lines and f"🔥 Busiest, CPU: {GAMMA} 30.0 %" in lines
    assert "❌ Services down: Website" in lines and f"💳 Renewals: {BETA}, 4 days" in lines
