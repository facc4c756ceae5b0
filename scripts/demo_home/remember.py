"""Gives the Home Assistant of the demo a past, through an integration that runs beside ours."""

from pathlib import Path
import sys

from harness.homeassistant import HomeAssistant

PAST = Path(__file__).with_name("demo_past")
"""The integration's folder, which Home Assistant has to be started with."""


async def give_past(home: HomeAssistant, generation: str, servers: int) -> None:
    """Give the recorder the past of the simulated fleet that was born with the account, once: its own is worth more."""
    if home.account.has_past:
        return
    print("Remembering the last 30 days …", file=sys.stderr)
    entities = [
        {"entity_id": entity.entity_id, "server": entity.server, "service": entity.service, "key": entity.key}
        for entity in await home.entities()
        if entity.enabled
    ]
    fleet = {"generation": generation, "servers": servers, "born": home.account.born}
    await home.act(PAST.name, "fill", {**fleet, "entities": entities})
    home.account.has_past = True
    home.save_account()
