"""What the integration says in each language: the entities' and dialogs' texts, and those of the dashboard in the box."""

from collections.abc import Iterator, Mapping
import json
from pathlib import Path
import re
from typing import Any

_INTEGRATION = Path(__file__).resolve().parents[1] / "custom_components" / "nezha"
TRANSLATIONS = _INTEGRATION / "translations"
DASHBOARD = _INTEGRATION / "frontend" / "web" / "texts"
SOURCE = "en"

PLACEHOLDER = re.compile(r"{(\w+)}")
_CODE = re.compile(r"`[^`]*`")
_QUOTED_BRACE = re.compile(r"'[{}]|[{}]'|''")
"""In ICU's syntax an apostrophe before a brace quotes it: the placeholder would be shown as it is."""
_HTML = re.compile(r"<[/a-zA-Z]")
_JS_TEXT = re.compile(r'^\s*(\w+):\s*("(?:[^"\\]|\\.)*"),$', re.MULTILINE)
_WORD = re.compile(r"[^\W\d_]{2,}")
_ENGLISH_RUN = 3
"""So many words of the source in a row are English, not chance."""

_NAMES = frozenset(
    [
        "agent",
        "api",
        "assistant",
        "cpu",
        "dns",
        "exec",
        "github",
        "gpu",
        "home",
        "http",
        "https",
        "inventory",
        "ip",
        "ipv",
        "nezha",
        "nzp",
        "oauth",
        "pat",
        "proxy",
        "ssl",
        "tcp",
        "token",
        "tokens",
        "udp",
        "ungrouped",
    ]
)
"""Names and abbreviations that are the same everywhere; `ungrouped` is what is written in YAML."""
_UNITS = frozenset(["min"])
_SAME: Mapping[str, frozenset[str]] = {
    "de": frozenset(["dashboard", "in", "layout", "offline", "online", "server", "swap", "traffic"]),
    "es": frozenset(["plan"]),
    "fr": frozenset(["minute", "minutes", "notifications", "options", "pages", "service", "services"]),
    "pt-BR": frozenset(["dashboard", "gateway", "layout", "offline", "online", "proxy", "swap", "total"]),
    "zh-Hans": frozenset(["scope"]),
    "zh-Hant": frozenset(["scope"]),
}
"""Words that a language shares with English; those that Home Assistant itself leaves as they are among them."""
_LATIN = frozenset(["de", "es", "fr", "pt-BR"])
"""Languages in English's own script; in the others each word in that script has to be a name."""

type Texts = Mapping[str, str]
"""Texts by their key, joined with dots."""


def languages(folder: Path = TRANSLATIONS) -> list[str]:
    """Return all languages, the source first."""
    found = {path.stem for path in folder.glob("*.json")}
    return [SOURCE, *sorted(found - {SOURCE})]


def flat(value: Any, path: str = "") -> dict[str, str]:
    """Return every text of a nested object by its path."""
    if isinstance(value, Mapping):
        return {
            name: text for key, item in value.items() for name, text in flat(item, f"{path}.{key}".strip(".")).items()
        }
    return {path: str(value)}


def read_json(path: Path) -> Any:
    """Read a JSON file; a key that is there twice raises ValueError."""

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        if len(result := dict(pairs)) < len(pairs):
            raise ValueError("a key is there twice")
        return result

    return json.loads(path.read_text(encoding="utf-8"), object_pairs_hook=unique)


def read_translations(path: Path) -> dict[str, str]:
    """Read a file of translations; a key that is there twice raises ValueError."""
    return flat(read_json(path))


def read_dashboard(path: Path) -> dict[str, str]:
    """Read the texts of a module that exports nothing but an object of strings."""
    return {key: json.loads(text) for key, text in _JS_TEXT.findall(path.read_text(encoding="utf-8"))}


def faults(translations: Path = TRANSLATIONS, dashboard: Path = DASHBOARD) -> Iterator[str]:
    """Return what is wrong with any language."""
    known = languages(translations)
    modules = {path.stem for path in dashboard.glob("*.js")} - {"index"}
    for language in sorted(modules ^ {*known}):
        yield f"{language} is there for {'the dashboard' if language in modules else 'the translations'} only"
    for language in known:
        name = f"{language}.json"
        yield from faults_of(
            name, language, read_translations(translations / name), read_translations(translations / f"{SOURCE}.json")
        )
        if language in modules:
            name = f"{language}.js"
            yield from faults_of(
                name, language, read_dashboard(dashboard / name), read_dashboard(dashboard / f"{SOURCE}.js")
            )


def faults_of(name: str, language: str, texts: Texts, source: Texts) -> Iterator[str]:
    """Return what is wrong with the texts of a file, given those that they are translated from."""
    for key in sorted(source.keys() ^ texts.keys()):
        yield f"{name}: {key} is {'missing' if key in source else f'not in {SOURCE}'}"
    for key, text in texts.items():
        yield from (f"{name}: {key} {fault}" for fault in _faults_of_text(text))
        if key not in source or language == SOURCE:
            continue
        if sorted(PLACEHOLDER.findall(text)) != sorted(PLACEHOLDER.findall(source[key])):
            yield f"{name}: {key} has other placeholders than in {SOURCE}"
        if sorted(_CODE.findall(text)) != sorted(_CODE.findall(source[key])):
            yield f"{name}: {key} has other code than in {SOURCE}"
        if found := english(text, source[key], language):
            yield f"{name}: {key} has English left over: {found}"


def _faults_of_text(text: str) -> Iterator[str]:
    if _HTML.search(text):
        yield "has HTML"
    if "[%key:" in text:
        yield "has a reference, which nothing resolves in a custom integration"
    if not text.strip() or text != text.strip():
        yield "is empty, or has a space around it"
    if set("{}") & {*PLACEHOLDER.sub("", text)} or (_QUOTED_BRACE.search(text) and PLACEHOLDER.search(text)):
        yield "is not the syntax of messages: a brace without its other half, or in quotes"


def english(text: str, source: str, language: str) -> str:
    """Return the words that are still English, or nothing."""
    same = _NAMES | _UNITS | _SAME.get(language, frozenset())

    def words(of: str) -> list[str]:
        return _WORD.findall(_CODE.sub(" ", PLACEHOLDER.sub(" ", of)))

    own, others = words(text), words(source)
    if language not in _LATIN:
        return ", ".join(word for word in own if word.isascii() and word.lower() not in same)
    if text == source:
        return ", ".join(word for word in own if word.lower() not in same)
    line = f" {' '.join(own)} "
    runs = (others[start : start + _ENGLISH_RUN] for start in range(len(others) - _ENGLISH_RUN + 1))
    return ", ".join(
        " ".join(run) for run in runs if f" {' '.join(run)} " in line and any(word.lower() not in same for word in run)
    )
