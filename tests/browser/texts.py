"""The integration's texts in every language, and what of them must, and must not, be seen in a picture."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
import functools
import re
from typing import Self

from scripts.languages import SOURCE, TRANSLATIONS, languages, read_translations

_BROKEN = re.compile(r"Translation \[|\bundefined\b|\bNaN\b|\[object|[{}]|MISSING_VALUE|\bcomponent\.nezha\b")
_NUMBERED = re.compile(r"[\d\s]+\w")
"""A number and a sign for its unit, as of days, which Chinese and Japanese share."""
_NOT_OURS = re.compile(r"Sort by\b")
"""Texts of Home Assistant's own tables that are cut on a phone."""
_PLACEHOLDER = re.compile(r"\{\w+\}")
_MARKUP = re.compile(r"[`*\n]+")
_SAME_EVERYWHERE = {"Nezha", "Server", "Service"}
"""The brand, and the models of devices, which Home Assistant translates for nobody."""
_LATIN_WORDS = 3
_CJK_CHARACTERS = 5
"""A fragment of a text that is shorter may be the same in two languages."""


@dataclass(frozen=True)
class Texts:
    """The texts of one language by their keys, joined with dots."""

    language: str
    by_key: Mapping[str, str]

    @classmethod
    @functools.cache
    def of(cls, language: str) -> Self:
        """Read a language's texts."""
        return cls(language, read_translations(TRANSLATIONS / f"{language}.json"))

    @functools.cached_property
    def fragments(self) -> frozenset[str]:
        """What stays of the texts where placeholders and markup divide them."""
        return frozenset(part for text in self.by_key.values() for part in fragments_of(text))

    @functools.cached_property
    def names(self) -> frozenset[str]:
        """The texts that are shown whole: names of entities, labels, options."""
        return (
            frozenset(
                text
                for text in self.by_key.values()
                if len(text) > 2 and not _PLACEHOLDER.search(text) and not _NUMBERED.fullmatch(text)
            )
            - _SAME_EVERYWHERE
        )

    @functools.cached_property
    def _all(self) -> str:
        return "\n".join(_plain(text) for text in self.by_key.values())

    def knows(self, fragment: str) -> bool:
        """Whether a fragment is part of any text of this language."""
        return fragment in self._all


def _plain(text: str) -> str:
    return re.sub(r"\s+", " ", text.replace("`", "").replace("*", ""))


def fragments_of(text: str) -> Iterator[str]:
    """Return the parts of a text that are shown as they are, and long enough to be of one language only."""
    for part in _MARKUP.split(_PLACEHOLDER.sub("\n", text)):
        cleaned = _plain(part).strip(' .,:;。，：；、！？!?()（）"“”')
        if (
            len(cleaned.split()) >= _LATIN_WORDS
            or sum("\u2e80" <= char <= "\u9fff" for char in cleaned) >= _CJK_CHARACTERS
        ):
            yield cleaned


def broken(shown: Iterable[str]) -> Iterator[str]:
    """Return the texts that nobody meant to show: keys, placeholders, values of the language."""
    for text in shown:
        if _BROKEN.search(text):
            yield f"broken text: {text[:200]!r}"


def mixed(shown: Collection[str], language: str) -> Iterator[str]:
    """Return the texts that are the integration's own in another language."""
    own = Texts.of(language)
    seen = _plain("\n".join(shown))
    for other in languages():
        if other == language:
            continue
        for name in Texts.of(other).names & {*shown}:
            if not own.knows(name):
                yield f"text in {other}: {name!r}"
        for fragment in Texts.of(other).fragments:
            if fragment in seen and not own.knows(fragment):
                yield f"text in {other}: {fragment!r}"


def own(cut: Mapping[str, str], language: str) -> Iterator[str]:
    """Return the texts that are cut; in other languages than the source only the integration's: the rest is not its own."""
    for text, place in cut.items():
        if Texts.of(language).knows(_plain(text)) or (language == SOURCE and not _NOT_OURS.match(text)):
            yield f"cut: {text[:80]!r} in {place}"


def missing(shown: Iterable[str], keys: Iterable[str], language: str) -> Iterator[str]:
    """Return the keys whose text in a language should be seen, and is not."""
    own = Texts.of(language)
    seen = _plain("\n".join(shown))
    for key in keys:
        if any(fragment not in seen for fragment in fragments_of(own.by_key[key])):
            yield f"not shown in {language}: {key}"
