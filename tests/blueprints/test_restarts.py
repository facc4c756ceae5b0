"""Each blueprint over a restart of Home Assistant: what was told is not told again, and what is due still comes."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
import re
from typing import Any

from tests.automations.home import ALPHA, GIB, Home, _listen, note, restarted

from .home import EVERYWHERE, Phone, automate, stop


@asynccontextmanager
async def after_a_restart(
    home: Home, folder: Path, name: str, *, away: float = 7_200, **inputs: Any
) -> AsyncIterator[tuple[Home, Phone]]:
    """Stop Home Assistant for some seconds, and give the one that starts then, with the same automation."""
    async with restarted(home) as after:
        await after.hass.config.async_set_time_zone("UTC")
        phone = Phone(after.hass)
        _listen(after)
        after.entry.add_to_hass(after.hass)
        after.clock.tick(away)
        await automate(after.hass, folder, name, **EVERYWHERE, **inputs)
        await after.hass.config_entries.async_setup(after.entry.entry_id)
        await after.settle()
        yield after, phone
        await stop(after.hass)


async def test_offline_alert(home: Home, phone: Phone, tmp_path: Path) -> None:
    await automate(home.hass, tmp_path, "offline_alert", **EVERYWHERE)
    home.machine(1).silent = True
    await home.pass_by(240)
    assert len(phone.take()) == 1
    async with after_a_restart(home, tmp_path, "offline_alert") as (after, new_phone):
        await after.pass_by(240)
        assert new_phone.take() == []
        home.machine(1).silent = False
        await after.pass_by(60)
        ((title, message),) = new_phone.take()
        assert title == "🟢 Server back online"
        assert re.fullmatch(rf"• {ALPHA} \[Tokyo\], after 2:0[78] h", message)


async def test_high_load(home: Home, phone: Phone, tmp_path: Path) -> None:
    """It is told once for as long as it lasts, and again after it was over."""
    await automate(home.hass, tmp_path, "high_load", **EVERYWHERE, load=4)
    home.machine(1).pin(cpu=95.0)
    await home.pass_by(600, step=60)
    told = [("🔥 High load: CPU usage", f"• {ALPHA} [Tokyo]: CPU usage 95.0 %")]
    assert phone.take() == told
    async with after_a_restart(home, tmp_path, "high_load", load=4) as (after, new_phone):
        await after.pass_by(900, step=60)
        assert new_phone.take() == []
        home.machine(1).pin(cpu=10.0)
        await after.pass_by(120)
        home.machine(1).pin(cpu=95.0)
        await after.pass_by(600, step=60)
        assert new_phone.take() == told


async def test_traffic_quota(home: Home, phone: Phone, tmp_path: Path) -> None:
    """A limit that was passed before is not told again; the next one is, also where it is passed while all is stopped."""
    await automate(home.hass, tmp_path, "traffic_quota", **EVERYWHERE)
    home.machine(1).pin(net_in_transfer=850 * GIB, net_out_transfer=0)
    await home.pass_by(3_600, step=600)
    assert len(phone.take()) == 1
    async with after_a_restart(home, tmp_path, "traffic_quota") as (after, new_phone):
        await after.pass_by(1_200, step=600)
        assert new_phone.take() == []
        home.machine(1).pin(net_in_transfer=970 * GIB, net_out_transfer=0)
        await after.pass_by(3_600, step=600)
        ((title, message),) = new_phone.take()
        assert title == "📊 Traffic"
        assert message.startswith(f"• {ALPHA} (Monthly): ")


async def test_traffic_quota_that_is_passed_while_all_is_stopped(home: Home, phone: Phone, tmp_path: Path) -> None:
    await automate(home.hass, tmp_path, "traffic_quota", **EVERYWHERE)
    await home.pass_by(1_200, step=600)
    home.machine(1).pin(net_in_transfer=850 * GIB, net_out_transfer=0)
    async with after_a_restart(home, tmp_path, "traffic_quota") as (after, new_phone):
        await after.pass_by(1_200, step=600)
        assert [title for title, _ in new_phone.take()] == ["📊 Traffic"]


async def test_renewal_reminder(home: Home, phone: Phone, tmp_path: Path) -> None:
    """It comes at its time of the day, whenever Home Assistant was started."""
    home.dashboard.servers[1].public_note = note("2026-06-09T00:00:00+00:00")
    await home.poll()
    await automate(home.hass, tmp_path, "renewal_reminder", **EVERYWHERE, at="12:30:00")
    async with after_a_restart(home, tmp_path, "renewal_reminder", away=86_400, at="12:30:00") as (after, new_phone):
        assert new_phone.take() == []
        await after.wait(1_801)
        ((title, message),) = new_phone.take()
        assert title == "💳 Servers to be paid"
        assert f"• {ALPHA} [Tokyo] expires on 2026-06-09 (7 days)" in message


async def test_daily_report(home: Home, phone: Phone, tmp_path: Path) -> None:
    await automate(home.hass, tmp_path, "daily_report", **EVERYWHERE, at="12:30:00")
    async with after_a_restart(home, tmp_path, "daily_report", away=86_400, at="12:30:00") as (after, new_phone):
        assert new_phone.take() == []
        await after.wait(1_801)
        ((title, _),) = new_phone.take()
        assert title == "🗒️ Servers: 3 online, 0 offline"
