"""What Assist answers: 24 questions with and without help, and the tools of a language model."""

from collections.abc import AsyncIterator
from pathlib import Path
import re
import shutil
from typing import Any

import pytest
import yaml

from homeassistant.components import conversation
from homeassistant.components.homeassistant.const import DOMAIN as HOMEASSISTANT_DOMAIN
from homeassistant.components.homeassistant.exposed_entities import async_expose_entity
from homeassistant.core import Context, HomeAssistant
from homeassistant.helpers import entity_registry as er, llm
from homeassistant.setup import async_setup_component
from simulator import Dashboard, Simulator
from tests.conftest import Clock
from tests.test_services import serving

from .home import Home, dashboard, home_of, note

DOCS = Path(__file__).parents[2] / "docs" / "assist"
SENTENCES = {"en": "en", "zh": "zh-CN"}
ASSISTANT = "conversation"


def named() -> Dashboard:
    """Return a dashboard whose servers have names that can be said."""
    made = dashboard()
    made.rename(1, "tokyo-1")
    made.rename(2, "berlin-1")
    made.rename(3, "东京二号")
    return made


@pytest.fixture
async def simulator(clock: Clock, socket_enabled: None) -> AsyncIterator[Simulator]:
    """Serve v2."""
    async with serving("v2", named()) as simulator:
        yield simulator


@pytest.fixture
async def home(hass: HomeAssistant, clock: Clock, simulator: Simulator) -> Home:
    """Set up the dashboard and Assist; berlin-1 is offline, and expires in three days."""
    assert await async_setup_component(hass, HOMEASSISTANT_DOMAIN, {})
    assert await async_setup_component(hass, "conversation", {})
    simulator.dashboard.servers[2].public_note = note("2026-06-05T00:00:00+00:00")
    home = await home_of(hass, clock, simulator)
    home.machine(2).silent = True
    await home.pass_by(120)
    return home


def expose(hass: HomeAssistant, *keys: str) -> None:
    """Expose entities of all servers by their keys."""
    for entity in er.async_entries_for_config_entry(er.async_get(hass), "hub"):
        if entity.unique_id.endswith(tuple(f"_{key}" for key in keys)):
            async_expose_entity(hass, ASSISTANT, entity.entity_id, True)


async def help_out(hass: HomeAssistant, folder: Path, language: str) -> None:
    """Copy the documented files, as a user does."""
    hass.config.config_dir = str(folder)
    (folder / "configuration.yaml").touch()
    target = folder / "custom_sentences" / SENTENCES[language]
    shutil.copytree(DOCS / "custom_sentences" / SENTENCES[language], target)
    answers = yaml.safe_load((DOCS / f"intent_script.{language}.yaml").read_text(encoding="utf-8"))
    assert await async_setup_component(hass, "intent_script", answers)
    await hass.services.async_call("conversation", "reload", {}, blocking=True)


async def ask(hass: HomeAssistant, text: str, language: str = "en") -> str:
    """Return what is answered."""
    result = await conversation.async_converse(hass, text, None, Context(), language=SENTENCES.get(language, language))
    return str(result.response.speech["plain"]["speech"])


UNAIDED = {
    "is tokyo-1 on": r"yes",
    "is berlin-1 on": r"no.*",
    "what is tokyo-1 CPU usage": r"tokyo-1 CPU usage is 10\.0 ?%",
    "what is the value of tokyo-1 memory usage": r"tokyo-1 memory usage is 25\.0 ?%",
    "what is tokyo-1 disk usage": r"tokyo-1 disk usage is 40\.0 ?%",
}
"""What needs nothing but that the entities are exposed."""
AIDED = {
    "which servers are offline": r"berlin-1 is offline\.",
    "is tokyo-1 connected": r"Yes",
    "is berlin-1 connected": r"No.*",
    "are all my servers online": r"berlin-1 is offline\.",
    "how are my servers": r"2 of 3 servers are online, 1 offline\.",
    "how many servers are online": r"2 of 3 servers are online, 1 offline\.",
    "server overview": r"2 of 3 servers are online, 1 offline\.",
    "how is server tokyo-1": r"tokyo-1 is online: CPU 10\.0 %, memory 25\.0 %, disk 40\.0 %\.",
    "is the server Tokyo 1 online": r"tokyo-1 is online: .*",
    "how long has server berlin-1 been offline": r"berlin-1 was last seen [12] minutes? ago\.",
    "what is the CPU usage of server tokyo-1": r"CPU usage of tokyo-1: 10\.0 %\.",
    "what is the memory of server tokyo-1": r"Memory usage of tokyo-1: 25\.0 %\.",
    "what is the load of server tokyo-1": r"Load of tokyo-1: 0\.1\.",
    "when did server tokyo-1 boot": r"tokyo-1 started 1 day ago\.",
    "when does server berlin-1 expire": r"berlin-1 expires in 3 days\.",
    "how much traffic has server tokyo-1 used": r"tokyo-1 has used 0\.0 % of its traffic\.",
    "which servers expire soon": r"berlin-1 in 3 days, .*",
    "which server is the busiest": r"东京二号 with 30\.0 % CPU usage\.",
    "which services are down": r"All services are up\.",
}
"""What needs the files to copy."""
CHINESE = {
    "哪些服务器离线了": r"berlin-1 离线。",
    "有服务器离线吗": r"berlin-1 离线。",
    "所有服务器都在线吗": r"berlin-1 离线。",
    "服务器怎么样": r"3 台服务器中 2 台在线，1 台离线。",
    "有多少台服务器在线": r"3 台服务器中 2 台在线，1 台离线。",
    "服务器东京二号怎么样": r"东京二号 在线：CPU 30\.0%，.*",
    "服务器tokyo-1在线吗": r"tokyo-1 在线：.*",
    "服务器berlin-1离线多久了": r"berlin-1 最后在线于 .*",
    "服务器东京二号的CPU使用率是多少": r"东京二号 的 CPU 使用率：30\.0%。",
    "服务器tokyo-1的内存": r"tokyo-1 的内存使用率：25\.0%。",
    "服务器tokyo-1什么时候启动的": r"tokyo-1 启动于 .*",
    "服务器berlin-1什么时候到期": r"berlin-1 将在 3 天后到期。",
    "服务器tokyo-1用了多少流量": r"tokyo-1 已用 0\.0% 的流量。",
    "哪些服务器快到期了": r"berlin-1 3 天后、.*",
    "哪台服务器最忙": r"东京二号，CPU 使用率 30\.0%。",
    "tokyo-1在线吗": r"是.*",
    "哪些服务中断了": r"所有服务正常。",
}


def test_they_are_twenty_four() -> None:
    assert len(UNAIDED) + len(AIDED) == 24


async def test_before(home: Home) -> None:
    """Without anything exposed and without the files, none is answered."""
    for question, answer in (UNAIDED | AIDED).items():
        assert not re.fullmatch(answer, await ask(home.hass, question)), question


async def test_exposed_entities_alone(home: Home) -> None:
    expose(home.hass, "online", "cpu", "memory", "disk")
    for question, answer in UNAIDED.items():
        said = await ask(home.hass, question)
        assert re.fullmatch(answer, said, re.IGNORECASE), f"{question}: {said}"


async def test_with_the_files_to_copy(home: Home, tmp_path: Path) -> None:
    expose(home.hass, "online")
    await help_out(home.hass, tmp_path, "en")
    for question, answer in AIDED.items():
        said = await ask(home.hass, question)
        assert re.fullmatch(answer, said), f"{question}: {said}"
    assert await ask(home.hass, "how is server paris-1") == "I know no server paris-1."
    home.simulator.stop_listening()
    await home.poll()
    for question in ("which servers are offline", "how is server tokyo-1", "which services are down"):
        assert await ask(home.hass, question) == "My site does not answer."


async def test_in_chinese(home: Home, tmp_path: Path) -> None:
    expose(home.hass, "online")
    await help_out(home.hass, tmp_path, "zh")
    for question, answer in CHINESE.items():
        said = await ask(home.hass, question, "zh")
        assert re.fullmatch(answer, said), f"{question}: {said}"


class TestTools:
    """Those of a language model."""

    @pytest.fixture(autouse=True)
    async def set_up(self, home: Home) -> None:
        """Set up what offers tools."""
        assert await async_setup_component(home.hass, "llm", {})

    async def api(self, hass: HomeAssistant) -> llm.APIInstance:
        context = llm.LLMContext(platform="test", context=Context(), language="en", assistant=ASSISTANT, device_id=None)
        return await llm.async_get_api(hass, llm.LLM_API_ASSIST, context)

    async def names(self, hass: HomeAssistant) -> set[str]:
        return {tool.name for tool in (await self.api(hass)).tools if tool.name.startswith("nezha__")}

    async def call(self, hass: HomeAssistant, tool: str, **arguments: Any) -> Any:
        api = await self.api(hass)
        result = await api.async_call_tool(llm.ToolInput(tool_name=f"nezha__{tool}", tool_args=arguments))
        return getattr(result, "data", result)

    async def test_none_where_nothing_is_exposed(self, home: Home) -> None:
        assert await self.names(home.hass) == set()

    async def test_they_are_of_cores_kind(self, home: Home) -> None:
        expose(home.hass, "online")
        assert await self.names(home.hass) == {
            "nezha__get_overview",
            "nezha__get_offline_servers",
            "nezha__get_server",
            "nezha__get_traffic_and_renewals",
        }
        for tool in (await self.api(home.hass)).tools:
            if tool.name.startswith("nezha__"):
                assert tool.integration == "nezha" and tool.description
                if hasattr(llm, "ToolAnnotations"):
                    assert tool.annotations.read_only and not tool.annotations.destructive

    async def test_overview_and_who_is_offline(self, home: Home) -> None:
        expose(home.hass, "online")
        assert await self.call(home.hass, "get_overview") == {
            "total": 3,
            "online": 2,
            "offline": 1,
            "never_seen": 0,
            "offline_servers": ["berlin-1"],
        }
        answer = await self.call(home.hass, "get_offline_servers")
        assert answer == {"servers": [{"name": "berlin-1", "dashboard": "My site", "state": "offline"}]}

    async def test_only_what_is_exposed(self, home: Home) -> None:
        expose(home.hass, "online", "cpu")
        answer = await self.call(home.hass, "get_server", name="Tokyo-1")
        assert answer == {"servers": [{"name": "tokyo-1", "dashboard": "My site", "state": "online", "cpu": 10.0}]}
        online = next(
            entity.entity_id
            for entity in er.async_entries_for_config_entry(er.async_get(home.hass), "hub")
            if entity.unique_id == f"hub_{home.machine(1).uuid}_online"
        )
        async_expose_entity(home.hass, ASSISTANT, online, False)
        assert "error" in await self.call(home.hass, "get_server", name="tokyo-1")
        assert (await self.call(home.hass, "get_overview"))["total"] == 2

    async def test_traffic_and_renewals(self, home: Home) -> None:
        expose(home.hass, "online", "expiry", "used_share")
        answer = await self.call(home.hass, "get_traffic_and_renewals", days=7)
        assert [(server["name"], server["days_left"]) for server in answer["renewals"]] == [("berlin-1", 3)]
        assert {server["name"] for server in answer["traffic"]} == {"tokyo-1", "berlin-1", "东京二号"}

    async def test_a_dashboard_that_does_not_answer(self, home: Home) -> None:
        expose(home.hass, "online")
        home.simulator.stop_listening()
        await home.poll()
        answer = await self.call(home.hass, "get_overview")
        assert answer["total"] == 0 and answer["dashboards_that_do_not_answer"] == ["My site"]
