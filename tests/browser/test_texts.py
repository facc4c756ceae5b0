"""The judge of what is seen finds what it is there for."""

from .texts import Texts, broken, missing, mixed, own


def test_broken_texts_are_found() -> None:
    seen = [
        'Translation [formatjs Error: MISSING_VALUE] The intl string context variable "dashboard"',
        "{dashboard}",
        "undefined",
        "[object Object]",
        "component.nezha.config.step.user.title",
    ]
    assert len([*broken(seen)]) == len(seen)
    assert [*broken(["CPU usage", "undefinedly", "tokyo-1 [a]"])] == []


def test_a_text_of_another_language_is_found() -> None:
    english, chinese = (Texts.of(language).by_key for language in ("en", "zh-Hans"))
    key = "config.abort.reauth_successful"
    assert [*mixed([english[key]], "en")] == []
    assert [*mixed([chinese[key]], "zh-Hans")] == []
    assert [*mixed([english[key], chinese[key]], "zh-Hans")] != []
    assert [*mixed([chinese[key]], "en")] != []
    assert [*mixed(["CPU usage"], "zh-Hans")] == ["text in en: 'CPU usage'"]
    assert [*mixed(["Nezha", "tokyo-1"], "zh-Hans")] == []


def test_a_text_that_is_cut_is_found_where_it_is_the_integrations() -> None:
    title = Texts.of("fr").by_key["config.step.credential.title"]
    assert [*own({title: "div", "Trier par Entité": "div"}, "fr")] == [f"cut: {title!r} in div"]
    assert len([*own({title: "div", "Something else": "div", "Sort by Entity": "div"}, "en")]) == 2


def test_a_text_that_is_not_there_is_found() -> None:
    key = "config.step.user.description"
    shown = Texts.of("zh-Hant").by_key[key]
    assert [*missing([f"… {shown} …"], [key], "zh-Hant")] == []
    assert [*missing(["something else"], [key], "zh-Hant")] == [f"not shown in zh-Hant: {key}"]
