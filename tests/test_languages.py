"""Every language says the same, in its own words; and what a language may get wrong is found."""

from pathlib import Path
import shutil

import pytest

from scripts.languages import DASHBOARD, SOURCE, TRANSLATIONS, english, faults, faults_of, languages, read_dashboard

ENGLISH = {"key": "The token lacks {scope} of `a:b` here"}


def test_the_source_comes_first_and_all_that_are_promised_are_there() -> None:
    assert languages()[0] == SOURCE
    assert {*languages()} == {"en", "de", "es", "fr", "ja", "pt-BR", "ru", "zh-Hans", "zh-Hant"}


def test_nothing_is_wrong_with_any_language() -> None:
    assert [*faults()] == []


def test_all_texts_of_the_dashboard_are_read() -> None:
    source = (DASHBOARD / "en.js").read_text(encoding="utf-8")
    assert len(read_dashboard(DASHBOARD / "en.js")) == sum(line.endswith('",') for line in source.splitlines()) > 90


@pytest.mark.parametrize(
    ("language", "texts", "fault"),
    [
        ("de", {}, "key is missing"),
        ("de", {"key": "Token ohne {scope} von `a:b`", "more": "Mehr"}, "more is not in en"),
        ("de", {"key": "Token ohne {scop} von `a:b`"}, "other placeholders"),
        ("de", {"key": "Token ohne {scope} von `a:c`"}, "other code"),
        ("de", {"key": "Token ohne {scope} von `a:b` und {"}, "syntax of messages"),
        ("fr", {"key": "Jeton sans l'{scope} de `a:b`"}, "syntax of messages"),
        ("fr", {"key": "Jeton sans <b>{scope}</b> de `a:b`"}, "HTML"),
        ("fr", {"key": " Jeton sans {scope} de `a:b`"}, "space around it"),
        ("fr", {"key": "[%key:a::b%] {scope} `a:b`"}, "reference"),
        ("es", ENGLISH, "English left over"),
        ("es", {"key": "Al token the token lacks {scope} `a:b`"}, ""),
        ("es", {"key": "Falta The token lacks {scope} `a:b`"}, "English left over: The token lacks"),
        ("ja", {"key": "トークンには {scope} of `a:b`がありません"}, "English left over: of"),
        ("ru", {"key": "У Token нет {scope} из `a:b`"}, ""),
        ("de", {"key": "Dem Token fehlt {scope} von `a:b`"}, ""),
    ],
)
def test_a_fault_is_found(language: str, texts: dict[str, str], fault: str) -> None:
    found = [*faults_of("file", language, texts, ENGLISH)]
    assert len(found) == bool(fault)
    assert fault in "".join(found)


def test_what_is_the_same_in_two_languages_is_no_fault_in_those_alone() -> None:
    assert english("Server {number}", "Server {number}", "de") == ""
    assert english("Server {number}", "Server {number}", "es") == "Server"
    assert english("CPU · 24 h", "CPU · 24 h", "es") == ""


def test_a_language_that_is_there_by_half_is_found(tmp_path: Path) -> None:
    translations, dashboard = (shutil.copytree(folder, tmp_path / folder.name) for folder in (TRANSLATIONS, DASHBOARD))
    (dashboard / "de.js").unlink()
    (translations / "fr.json").unlink()
    assert [*faults(translations, dashboard)] == [
        "de is there for the translations only",
        "fr is there for the dashboard only",
    ]
