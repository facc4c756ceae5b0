"""What the frontend makes of the texts of flows and issues, by rules that hold in every language.

It gives no placeholders to the title of a menu; it renders descriptions as Markdown, and titles and errors as they are.
"""

import json
from pathlib import Path
import re

import pytest

from custom_components.nezha.markdown import escaped

from .strict_translations import TRANSLATIONS, flatten

LANGUAGES = sorted(file.stem for file in TRANSLATIONS.parent.glob("*.json"))
MARKDOWN = re.compile(r"(config|options)\.step\.\w+(\.sections\.\w+)?\.(description|data_description\.\w+)")
IS_ADDRESS = ("example", "origin", "known", "header")


def texts(language: str) -> dict[str, str]:
    """Return all texts of a language by their keys."""
    return flatten(json.loads(Path(TRANSLATIONS.parent / f"{language}.json").read_text(encoding="utf-8")))


@pytest.fixture(params=LANGUAGES)
def language(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


def test_the_title_of_a_menu_has_no_placeholder(language: str) -> None:
    found = texts(language)
    menus = {key.split(".menu_options.")[0] for key in found if ".menu_options." in key}
    assert menus == {"config.step.credential", "config.step.same_dashboard", "options.step.menu"}
    assert [menu for menu in menus if "{" in found[f"{menu}.title"]] == []


def test_an_end_and_the_title_of_an_issue_have_no_placeholder(language: str) -> None:
    pattern = re.compile(r"(config|options)\.abort\.|issues\.\w+\.(fix_flow\.step\.\w+\.)?title")
    assert [key for key, text in texts(language).items() if pattern.match(key) and "{" in text] == []


def test_an_address_in_markdown_is_marked_as_code(language: str) -> None:
    """Otherwise it becomes a link, which in Chinese takes the rest of the sentence along."""
    naked = [
        key
        for key, text in texts(language).items()
        if MARKDOWN.fullmatch(key)
        for name in IS_ADDRESS
        if f"{{{name}}}" in text.replace(f"`{{{name}}}`", "")
    ]
    assert naked == []


def test_what_is_no_markdown_has_no_markup(language: str) -> None:
    pattern = re.compile(
        r"(config|options)\.(error|step\.\w+\.(title|data|menu_options))\b|.*\.sections\.\w+\.(name|description)$"
    )
    assert [key for key, text in texts(language).items() if pattern.match(key) and re.search(r"[`*]", text)] == []


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("My site", "My site"),
        ("哪吒 🚀", "哪吒 🚀"),
        ("[x](http://evil.example)", r"\[x\]\(http\:\/\/evil\.example\)"),
        ("<img src=x>", r"\<img src\=x\>"),
        ("# a\n- b", r"\# a \- b"),
        ("`*_~|\\", r"\`\*\_\~\|\\"),
    ],
)
def test_markdown_of_strangers_is_shown_as_it_is(text: str, shown: str) -> None:
    assert escaped(text) == shown
