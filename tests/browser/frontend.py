"""Home Assistant's pages in a browser: what a person clicks and types there, and what they see."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
import json
from pathlib import Path
from typing import Any

from playwright.async_api import BrowserContext, ConsoleMessage, ElementHandle, Error, Page, Response, Route

from harness.homeassistant import HomeAssistant

from .thoroughness import Appearance

DIALOG = "dialog-data-entry-flow"
LOOK = (Path(__file__).parent / "look.js").read_text(encoding="utf-8")
_PATIENCE = 120_000
"""Milliseconds. A dashboard that hangs is given up after ten seconds; a busy machine takes its time too."""
_CATEGORIES = ("config", "options", "selector", "issues", "title", "entity", "device", "exceptions", "services")
"""The texts that the frontend fetches when a dialog or page opens, and forgets where the language changes."""

_FIND = """([tag, name]) => {
  const find = (node) => {
    if (node.localName === tag && (name === null || node.name === name)) return node;
    for (const child of [...(node.shadowRoot?.children ?? []), ...node.children]) {
      const found = find(child);
      if (found) return found;
    }
    return null;
  };
  return find(document.body);
}"""


@dataclass(frozen=True, slots=True)
class Look:
    """What is seen at one moment."""

    texts: Sequence[str]
    cut: Mapping[str, str]
    """Texts that are not seen to their end, and what they are in."""


class Frontend:
    """One page of a browser that is logged in."""

    def __init__(self, home: HomeAssistant, context: BrowserContext, page: Page) -> None:
        """Take an open page; use `open`."""
        self._home = home
        self._context = context
        self._complaints: list[str] = []
        self.page = page
        self.language = ""
        page.set_default_timeout(_PATIENCE)
        page.on("console", self._on_console)
        page.on("pageerror", self._on_page_error)
        page.on("response", self._on_response)

    @classmethod
    async def open(cls, home: HomeAssistant, context: BrowserContext) -> Frontend:
        """Open a page that is logged in, and that reaches nothing but Home Assistant."""
        tokens = await home.browser_tokens()
        await context.add_init_script(f"localStorage.hassTokens = {json.dumps(json.dumps(tokens))};")

        async def only_home(route: Route) -> None:
            if route.request.url.startswith((home.url, "data:", "blob:")):
                # The logos of other integrations come from the internet.
                if "/api/brands/" in route.request.url and "/nezha/" not in route.request.url:
                    await route.fulfill(
                        status=200, content_type="image/svg+xml", body='<svg xmlns="http://www.w3.org/2000/svg"/>'
                    )
                else:
                    await route.continue_()
            else:
                await route.abort()

        await context.route("**/*", only_home)
        return cls(home, context, await context.new_page())

    async def prove(self) -> None:
        """Plant what must not be seen, and raise unless all of it is found: a check that cannot fail shows nothing."""
        await self.page.evaluate(
            """() => {
              const planted = document.createElement("div");
              planted.id = "planted";
              planted.attachShadow({ mode: "open" }).innerHTML =
                '<p>undefined</p><button style="width: 30px; overflow: hidden; white-space: nowrap">Much too long</button>';
              document.querySelector("home-assistant").shadowRoot.append(planted);
              console.error("planted");
              return fetch("/api/planted");
            }"""
        )
        look = await self.look()
        found = self.complaints()
        await self.page.evaluate(
            "() => document.querySelector('home-assistant').shadowRoot.querySelector('#planted').remove()"
        )
        if (
            "undefined" not in look.texts
            or not any("Much too long" in text for text in look.cut)
            or "console: planted" not in found
            or not any("/api/planted" in complaint for complaint in found)
        ):
            raise AssertionError(f"what was planted was not found: {look.cut} {found}")

    def _on_console(self, message: ConsoleMessage) -> None:
        # What could not be loaded is named by its response.
        if message.type == "error" and not message.text.startswith("Failed to load resource"):
            self._complaints.append(f"console: {message.text[:300]}")

    def _on_page_error(self, error: Error) -> None:
        # Home Assistant's own fading from page to page, where a busy machine is too slow for it.
        if not str(error).startswith("Transition was "):
            self._complaints.append(f"page error: {error}")

    def _on_response(self, response: Response) -> None:
        if response.status >= 400:
            self._complaints.append(f"status {response.status}: {response.url.removeprefix(self._home.url)}")

    def complaints(self) -> list[str]:
        """Return what the browser complained about since the last call."""
        found, self._complaints = self._complaints, []
        return found

    async def load(self, path: str) -> None:
        """Load a page afresh."""
        await self.page.goto(self._home.url + path, wait_until="domcontentloaded")
        await self.page.wait_for_function("document.querySelector('home-assistant')?.hass?.config?.state === 'RUNNING'")

    async def leave(self) -> None:
        """Be on no page of Home Assistant's: it closes the connection of one that is thousands of messages behind."""
        await self.page.goto(f"{self._home.url}/robots.txt")

    async def come_back(self) -> None:
        """Load a page where no entity is shown."""
        await self.load("/config/integrations/dashboard")
        language, self.language = self.language, ""
        await self.speak(language)

    async def go(self, path: str) -> None:
        """Go to a page as a click on a link does."""
        await self.page.evaluate(
            """path => {
              history.pushState(null, "", path);
              window.dispatchEvent(new CustomEvent("location-changed", { detail: { replace: false } }));
            }""",
            path,
        )

    async def show_more(self, entity_id: str) -> None:
        """Open what there is to know of an entity, as a click on it does."""
        await self.page.evaluate(
            """entityId => document.querySelector("home-assistant").dispatchEvent(
              new CustomEvent("hass-more-info", { detail: { entityId }, bubbles: true, composed: true }))""",
            entity_id,
        )
        await self.page.wait_for_selector("ha-more-info-dialog ha-adaptive-dialog", state="attached")

    async def speak(self, language: str) -> None:
        """Change the language of all that is open."""
        if language == self.language:
            return
        await self.page.evaluate(
            """async ([language, categories]) => {
              const app = document.querySelector("home-assistant");
              app.dispatchEvent(new CustomEvent("hass-language-select", { detail: language, bubbles: true, composed: true }));
              const wait = () => new Promise((resolve) => setTimeout(resolve, 30));
              while (app.hass.language !== language) await wait();
              await Promise.all(categories.map((category) => app.hass.loadBackendTranslation(category, ["nezha"])));
              await app.hass.loadFragmentTranslation("config");
              const title = () => app.hass.localize("component.nezha.title");
              for (let turn = 0; turn < 200 && !title(); turn++) await wait();
            }""",
            [language, list(_CATEGORIES)],
        )
        self.language = language

    async def appear(self, appearance: Appearance) -> None:
        """Change size and colours."""
        await self.page.set_viewport_size({"width": appearance.width, "height": appearance.height})
        await self.page.emulate_media(color_scheme="dark" if appearance.scheme == "dark" else "light")

    async def settle(self, root: str = "", *, quiet: int = 2) -> None:
        """Wait until an element shows the same texts for some frames, so that nothing is seen on its way."""
        await self.page.evaluate(
            f"""async ([root, quiet]) => {{
              const look = {LOOK};
              const seen = () => JSON.stringify(look(root)?.texts);
              let last = "";
              for (let turn = 0, same = 0; turn < 60 && same < quiet; turn++) {{
                await new Promise((done) => requestAnimationFrame(() => setTimeout(done, 60)));
                const now = seen();
                same = now === last ? same + 1 : 0;
                last = now;
              }}
            }}""",
            [root, quiet],
        )

    async def look(self, root: str = "") -> Look:
        """Return what is seen of an element, or of the whole page."""
        seen = await self.page.evaluate(LOOK, root)
        return Look(seen["texts"], dict(seen["cut"])) if seen else Look([], {})

    async def picture(self, file: Path) -> None:
        """Write what is seen to a file."""
        await self.page.screenshot(path=file, animations="disabled")

    async def click(self, selector: str) -> None:
        """Click the first that is there."""
        await self.page.locator(selector).first.click()

    # --- A flow's dialog

    async def step(self) -> dict[str, Any]:
        """Wait until the dialog shows another step than before, and return it as Home Assistant gave it."""
        handle = await self.page.wait_for_function(
            f"""() => {{
              const find = {_FIND};
              const step = find(["{DIALOG}", null])?._step;
              if (!step || step.seenBefore) return null;
              const copy = JSON.parse(JSON.stringify(step));
              step.seenBefore = true;
              return copy;
            }}"""
        )
        step: dict[str, Any] = await handle.json_value()
        return step

    async def _field(self, name: str) -> ElementHandle:
        """Return what takes a field's value, in an expanded section."""
        await self.page.evaluate(
            f"""() => {{ const find = {_FIND}; const panel = find(["ha-expansion-panel", null]); if (panel) panel.expanded = true; }}"""
        )
        handle = await self.page.evaluate_handle(
            f"""async (name) => {{
              const find = {_FIND};
              const inner = (node) => {{
                if (["input", "textarea"].includes(node.localName)) return node;
                for (const child of [...(node.shadowRoot?.children ?? []), ...node.children]) {{
                  const found = inner(child);
                  if (found) return found;
                }}
                return null;
              }};
              for (let turn = 0; turn < 100; turn++) {{
                const selector = find(["ha-selector", name]);
                const found = selector && inner(selector);
                if (found) return found;
                await new Promise((resolve) => setTimeout(resolve, 30));
              }}
              return null;
            }}""",
            name,
        )
        if (element := handle.as_element()) is None:
            raise AssertionError(f"the form has no field {name}")
        return element

    async def fill(self, fields: Mapping[str, str | bool | Sequence[str]]) -> None:
        """Type into fields, and switch switches; a choice of several is taken as if it had been made."""
        for name, value in fields.items():
            if not isinstance(value, str | bool):
                await self._choose_several(name, value)
                continue
            element = await self._field(name)
            if isinstance(value, bool):
                if await element.is_checked() != value:
                    await element.evaluate("element => element.click()")
            else:
                await element.fill(value)

    async def _choose_several(self, name: str, values: Sequence[str]) -> None:
        await self.page.evaluate(
            f"""([name, values]) => {{
              const all = (node) => [node, ...[...(node.shadowRoot?.children ?? []), ...node.children].flatMap(all)];
              const find = {_FIND};
              const form = all(find(["{DIALOG}", null])).find((node) => node.localName === "step-flow-form");
              form._stepData = {{ ...form._stepData, [name]: values }};
            }}""",
            [name, list(values)],
        )

    async def submit(self) -> None:
        """Submit the form that is open."""
        await self.click(f"{DIALOG} ha-dialog-footer ha-button[slot=primaryAction]")

    async def choose(self, option: str) -> None:
        """Choose from the menu that is open."""
        await self.page.evaluate(
            f"""option => {{
              const all = (node) => [node, ...[...(node.shadowRoot?.children ?? []), ...node.children].flatMap(all)];
              const find = {_FIND};
              all(find(["{DIALOG}", null])).find((node) => node.localName === "ha-list-item" && node.step === option).click();
            }}""",
            option,
        )

    async def close(self) -> None:
        """Close whatever dialog is open."""
        await self.page.evaluate(
            f"""async () => {{
              const find = {_FIND};
              for (const tag of ["{DIALOG}", "dialog-repairs-issue", "ha-more-info-dialog"]) {{
                const dialog = find([tag, null]);
                if (dialog?._open || dialog?._params || dialog?.open) await dialog.closeDialog?.();
              }}
            }}"""
        )
        for _ in range(60):
            if not await self.page.evaluate(f"() => Boolean(({_FIND})(['{DIALOG}', null])?._step)"):
                return
            await asyncio.sleep(0.05)
