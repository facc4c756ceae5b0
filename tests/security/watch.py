"""What is secret in a test, what the test showed, and whether the one is in the other."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
import json
import re
from typing import Any
from urllib.parse import quote

SHORTEST = 8
"""Characters of what is too long to be found by chance."""
TOLD_OF_NOTES = {"endDate", "autoRenewal", "cycle", "amount", "bandwidth", "trafficVol"}
NAMES_IN_NOTES = {"billingDataMod", "planDataMod", "startDate", *TOLD_OF_NOTES}
NOTE_AS_IT_IS = re.compile(r"(?:billingDataMod|planDataMod)\\*[\"'].{0,40}")
IN_ADDRESS = re.compile(r":([^/:@]+)@")
WORDS = re.compile(r"[^\"'{}\[\],:\\\n]+")


class Watch:
    """What is secret in a test, and what it showed."""

    def __init__(self) -> None:
        """Know nothing yet."""
        self._secrets: set[str] = set()
        self._unrecognisable: set[str] = set()
        self._shown: defaultdict[str, list[str]] = defaultdict(list)

    def add_credential(self, value: str) -> bool:
        """Take a credential as it was typed and as it is sent, if it can be recognised. An empty one is none."""
        printable = "".join(char for char in value if char.isprintable() and char != " ")
        if len(printable) >= SHORTEST:
            self._secrets |= {value.strip(), printable, quote(printable, safe="")}
        return not 0 < len(printable) < SHORTEST

    def add_given(self, given: Mapping[str, Any]) -> None:
        """Take the credentials out of what an entry or a flow is given."""
        self._unrecognisable |= {value for value in _credentials(given) if not self.add_credential(value)}

    def add_note(self, note: str) -> None:
        """Take what of a note is not to be told."""
        try:
            texts = set(_untold(json.loads(note)))
        except ValueError:
            texts = {word.strip() for word in WORDS.findall(note)} - NAMES_IN_NOTES
        self._secrets |= {text for text in texts if len(text) >= SHORTEST}

    def show(self, where: str, *texts: str) -> None:
        """Take what is shown."""
        self._shown[where] += texts

    def found(self) -> list[str]:
        """Return what is wrong."""
        wrong = [f"too short to be recognised: {value!r}" for value in sorted(self._unrecognisable)]
        for where, texts in self._shown.items():
            text = "\n".join(texts)
            wrong += [
                f"{secret!r} in {where}: …{text[max(start - 80, 0) : start + len(secret) + 40]}…"
                for secret in sorted(self._secrets)
                if (start := text.find(secret)) >= 0
            ]
            if note := NOTE_AS_IT_IS.search(text):
                wrong.append(f"a note in {where}: {note[0]}…")
        return wrong


def _credentials(given: Mapping[str, Any]) -> Iterator[str]:
    """Yield what is secret of an entry's data, or of what is typed into a form."""
    for key, value in given.items():
        match key, value:
            case (("token" | "password"), str()):
                yield value
            case "url", str():
                yield from IN_ADDRESS.findall(value)
            case "headers", str():
                yield from (line.partition(":")[2] or line for line in value.splitlines())
            case "headers", Mapping():
                yield from value.values()
            case _, Mapping():
                yield from _credentials(value)


def _untold(value: object) -> Iterator[str]:
    """Yield the texts in a note that are not those of fields that are told."""
    match value:
        case str():
            yield value
        case list():
            for item in value:
                yield from _untold(item)
        case dict():
            for key, item in value.items():
                if key not in TOLD_OF_NOTES:
                    yield from _untold(item)
