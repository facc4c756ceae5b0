"""How much the walk looks at: in which languages, and how large and light a page is."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from scripts.languages import SOURCE, languages


@dataclass(frozen=True, slots=True)
class Appearance:
    """What a page is seen with."""

    name: str
    width: int
    height: int
    scheme: str


APPEARANCES = (
    Appearance("desktop-light", 1280, 900, "light"),
    Appearance("phone-dark", 390, 844, "dark"),
    Appearance("desktop-dark", 1280, 900, "dark"),
    Appearance("phone-light", 390, 844, "light"),
)


@dataclass(frozen=True, slots=True)
class Thoroughness:
    """How much of it is looked at."""

    everything: bool
    folder: Path
    seed: int = 0
    """Which of the other languages it starts with, where not everything is looked at."""

    def looks(self, turn: int) -> Iterator[tuple[str, Appearance]]:
        """Return in which languages and appearances the dialog of a turn is looked at."""
        for number, language in enumerate(self.languages(turn)):
            yield from ((language, appearance) for appearance in self.appearances(turn + number, language))

    def languages(self, turn: int) -> Sequence[str]:
        """Return all of them, or the source and one after the other of the rest."""
        source, *others = languages()
        return (source, *others) if self.everything else (source, others[(self.seed + turn) % len(others)])

    def appearances(self, turn: int, language: str) -> Sequence[Appearance]:
        """Return one after the other; of everything a phone and a desktop, and for the source all."""
        if self.everything and language == SOURCE:
            return APPEARANCES
        # Of two neighbours one is a phone.
        return [APPEARANCES[(turn + further) % len(APPEARANCES)] for further in range(2 if self.everything else 1)]
