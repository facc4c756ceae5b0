"""Plays the scenes and visits the pages, takes pictures, and says what is wrong with them."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
import re
from typing import Any

from playwright.async_api import Browser

from harness.homeassistant import HomeAssistant
from scripts.languages import SOURCE

from .frontend import DIALOG, Frontend, Look
from .pages import GENERATIONS, PAGES, Issue, Page, use_language
from .scenes import Scene, Start
from .texts import Texts, broken, missing, mixed, own
from .thoroughness import APPEARANCES, Thoroughness
from .world import Sights, World

_ISSUES = "ha-config-repairs"
_ISSUE = "dialog-repairs-issue"
_INTEGRATION = "/config/integrations/integration/nezha"
_ENGLISH = Texts.of(SOURCE)


@dataclass
class Report:
    """What was seen."""

    pictures: int = 0
    faults: list[str] = field(default_factory=list)
    shown: Counter[str] = field(default_factory=Counter)
    """How often each text of a flow was seen, by its key."""

    def never_shown(self) -> Iterator[str]:
        """Return the keys of steps, errors and ends that no scene came to."""
        for key in _ENGLISH.by_key:
            if re.fullmatch(
                r"(config|options)\.(step\.\w+\.title|error\.\w+|abort\.\w+)|issues\.\w+(\.fix_flow.*)?\.title", key
            ):
                if not self.shown[key]:
                    yield f"no scene shows {key}"


class Walk:
    """A walk through Home Assistant with one browser."""

    def __init__(self, home: HomeAssistant, browser: Browser, thoroughness: Thoroughness) -> None:
        """Begin with nothing seen."""
        self.report = Report()
        self._home = home
        self._browser = browser
        self._thoroughness = thoroughness
        self._turn = 0
        self._frontend: Frontend

    async def open(self) -> None:
        """Open the page that all is seen on."""
        self._frontend = await Frontend.open(self._home, await self._browser.new_context(reduced_motion="reduce"))
        await self._frontend.load("/config/integrations/dashboard")
        await self._frontend.speak(SOURCE)
        await self._frontend.prove()

    @property
    def frontend(self) -> Frontend:
        """The page that all is seen on."""
        return self._frontend

    # --- Dialogs

    async def play(self, scene: Scene) -> None:
        """Play a scene to its end; what goes wrong ends this one only."""
        async with World.of(self._home, scene.generation) as world:
            try:
                if scene.is_flood:
                    await self._frontend.leave()
                if scene.given and (waiting := scene.given(world)):
                    await waiting
                if scene.is_flood:
                    await self._frontend.come_back()
                await self._begin(scene)
                for turn in scene.turns:
                    world.simulator.faults.clear()
                    if turn.given and (waiting := turn.given(world)):
                        await waiting
                    await self._answer(turn.answer, world.places)
                    step = await self._frontend.step()
                    while step["type"] == "progress":
                        # It may be over before it is looked at.
                        step = await self._frontend.step()
                    if (shows := _shows(step)) != turn.shows:
                        self._fault(scene, f"shows {shows} instead of {turn.shows}")
                        break
                    await self._look_at_dialog(scene, step)
            except Exception as err:  # noqa: BLE001 - whatever it is, the other scenes go on
                self._fault(scene, f"{type(err).__name__}: {str(err)[:500]}")
                await self._frontend.picture(self._thoroughness.folder / f"FAILED {scene.name}.png")
            finally:
                await self._end()
                if scene.is_flood:
                    await self._frontend.leave()
        if scene.is_flood:
            await self._frontend.come_back()

    async def _begin(self, scene: Scene) -> None:
        frontend = self._frontend
        await frontend.speak(SOURCE)
        await frontend.appear(APPEARANCES[0])
        match scene.start:
            case Start.ADD:
                await frontend.go("/config/integrations/dashboard/add?domain=nezha")
                await frontend.click("dialog-box ha-button[slot=primaryAction]")
            case Start.REPAIR:
                await frontend.go("/config/repairs")
                await frontend.page.wait_for_selector("ha-config-repairs ha-list-item-button")
                title = f"issues.{scene.issue}.title"
                self.report.shown.update([title])
                for fault in missing((await frontend.look(_ISSUES)).texts, [title], SOURCE):
                    self._fault(scene, fault)
                await frontend.click("ha-config-repairs ha-list-item-button")
            case start:
                await frontend.go(_INTEGRATION)
                await _BEGINNINGS[start](frontend)

    async def _answer(
        self, answer: Mapping[str, str | bool | Sequence[str]] | str | None, places: Mapping[str, str]
    ) -> None:
        if answer is None:
            return
        await self._frontend.speak(SOURCE)
        if isinstance(answer, str):
            await self._frontend.choose(answer)
            return
        await self._frontend.fill(
            {name: value.format(**places) if isinstance(value, str) else value for name, value in answer.items()}
        )
        await self._frontend.submit()

    async def _look_at_dialog(self, scene: Scene, step: Mapping[str, Any]) -> None:
        keys = list(_keys(step, scene))
        self.report.shown.update(keys)
        self._turn += 1
        for language, appearance in self._thoroughness.looks(self._turn):
            await self._frontend.speak(language)
            await self._frontend.appear(appearance)
            await self._frontend.settle(DIALOG)
            look = await self._frontend.look(DIALOG)
            name = f"{scene.generation} {scene.name} {self._turn} {_shows(step)} {language} {appearance.name}"
            await self._take(name, look, language, missing(look.texts, keys, language))

    async def _end(self) -> None:
        await self._frontend.close()

    # --- Pages

    async def visit(self, generation: str, only: str = "") -> None:
        """Look at the pages of a dashboard of one generation."""
        pages = [page for page in PAGES if generation in page.generations and only in f"{generation} page {page.name}"]
        if not pages:
            return
        await self._home.add_page()
        for language in self._thoroughness.languages(GENERATIONS.index(generation)):
            await use_language(self._home, language)
            async with World.of(self._home, generation) as world:
                await world.add()
                sights = await world.sights()
                await self._frontend.speak(language)
                for page in pages:
                    try:
                        await self._look_at_page(page, sights, language)
                    except Exception as err:  # noqa: BLE001 - whatever it is, the other pages are looked at
                        self.report.faults.append(f"page {page.name!r} of {generation}: {str(err)[:500]}")
                await self._frontend.go("/config/integrations/dashboard")
        await use_language(self._home, SOURCE)
        await self._frontend.speak(SOURCE)
        await self._frontend.appear(APPEARANCES[0])

    async def _look_at_page(self, page: Page, sights: Sights, language: str) -> None:
        self._turn += 1
        frontend = self._frontend
        appearances = self._thoroughness.appearances(self._turn, language)
        # Before the page: what moves there breaks off where the size changes.
        await frontend.appear(appearances[0])
        await frontend.go(page.path(sights))
        if page.drawn:
            await frontend.page.wait_for_selector(page.drawn)
        if page.more:
            await frontend.show_more(sights.entities[page.more])
        for appearance in appearances:
            await frontend.appear(appearance)
            await frontend.settle(quiet=4)
            look = await frontend.look()
            name = f"{sights.generation} page {page.name} {language} {appearance.name}"
            await self._take(name, look, language)
        await frontend.close()

    async def read(self, issue: Issue) -> None:
        """Look at what is said about an issue that nobody but the user can mend."""
        keys = [f"issues.{issue.key}.title", f"issues.{issue.key}.description"]
        frontend = self._frontend
        async with World.of(self._home, issue.generation) as world:
            await world.add()
            if waiting := issue.given(world):
                await waiting
            await world.reload(issue.state)
            await frontend.speak(SOURCE)
            await frontend.appear(APPEARANCES[0])
            await frontend.go("/config/repairs")
            await frontend.click("ha-config-repairs ha-list-item-button")
            await frontend.page.wait_for_selector("dialog-repairs-issue ha-markdown")
            self.report.shown.update(keys)
            self._turn += 1
            for language, appearance in self._thoroughness.looks(self._turn):
                await frontend.speak(language)
                await frontend.appear(appearance)
                await frontend.settle(_ISSUE)
                look = await frontend.look(_ISSUE)
                name = f"{issue.generation} issue {issue.key} {language} {appearance.name}"
                await self._take(name, look, language, missing(look.texts, keys, language))
            await frontend.page.keyboard.press("Escape")

    # --- What both have in common

    async def _take(self, name: str, look: Look, language: str, missed: Iterable[str] = ()) -> None:
        """Take a picture, and note what is wrong with it."""
        file = self._thoroughness.folder / f"{re.sub(r'[^\w.-]+', '_', name)}.png"
        await self._frontend.picture(file)
        self.report.pictures += 1
        found = [
            *broken(look.texts),
            *mixed(look.texts, language),
            *missed,
            *own(look.cut, language),
            *self._frontend.complaints(),
        ]
        self.report.faults += [f"{file.name}: {what}" for what in found]

    def _fault(self, scene: Scene, what: str) -> None:
        self.report.faults.append(f"scene {scene.name!r} of {scene.generation}: {what}")


async def _reconfigure(frontend: Frontend) -> None:
    await frontend.click("ha-config-entry-row ha-dropdown ha-icon-button[slot=trigger]")
    await frontend.page.locator("ha-config-entry-row ha-dropdown-item", has_text="Reconfigure").first.click()


_BEGINNINGS = {
    Start.REAUTH: lambda frontend: frontend.click("ha-list-item-base.attention ha-button"),
    Start.RECONFIGURE: _reconfigure,
    Start.OPTIONS: lambda frontend: frontend.click("ha-config-entry-row ha-icon-button[slot=end]"),
}


def _shows(step: Mapping[str, Any]) -> str:
    """Return what a step is, in the words of the scenes."""
    match step["type"]:
        case "abort":
            return f"abort:{step['reason']}"
        case "create_entry":
            return "entry"
    errors = ",".join((step.get("errors") or {}).values())
    return f"{step['step_id']}!{errors}" if errors else str(step["step_id"])


def _keys(step: Mapping[str, Any], scene: Scene) -> Iterator[str]:
    """Return the keys of the texts that a step has to show."""
    prefix = "options" if scene.start is Start.OPTIONS else "config"
    if scene.start is Start.REPAIR:
        if step["type"] == "form":
            yield from _known(f"issues.{scene.issue}.fix_flow.step.{step['step_id']}", ["title", "description"])
        return
    if step.get("handler") != "nezha":
        # The handler of an options flow is the entry; one follows where setting up ends with the options.
        prefix = "options"
    match step["type"]:
        case "abort":
            yield f"{prefix}.abort.{step['reason']}"
        case "menu":
            yield from _known(f"{prefix}.step.{step['step_id']}", ["title", "description"])
            yield from _known(f"{prefix}.step.{step['step_id']}.menu_options", step["menu_options"])
        case "form":
            base = f"{prefix}.step.{step['step_id']}"
            fields = [item["name"] for item in step["data_schema"] or []]
            yield from _known(base, ["title", "description"])
            for kind in ("data", "data_description"):
                yield from _known(f"{base}.{kind}", fields)
            yield from _known(f"{base}.sections", [f"{name}.name" for name in fields])
            yield from _known(f"{prefix}.error", (step.get("errors") or {}).values())


def _known(base: str, names: Any) -> Iterator[str]:
    return (key for name in names if (key := f"{base}.{name}") in _ENGLISH.by_key)
