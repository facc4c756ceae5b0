"""Spoils a dashboard's reply at random: the same mutations in the tests, where they are searched, and in the soak."""

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
import json
import math
from random import Random
from typing import Any

type Json = Any
type Place = tuple[dict[str, Json] | list[Json], str | int]
"""An object or a list, and the key in it."""

_DEEP = "\N{REPLACEMENT CHARACTER}deep"
"""Stands for lists within each other, more than could be written in one go."""
_DEPTH = 100_000
_NUMBERS = (0, -1, 1, 0.5, -0.0, 2**31, 2**53 + 1, 2**63, 2**64 - 1, 2**64, 10**30, -(10**30), 1e308, 5e-324)
_NOT_JSON = (math.nan, math.inf, -math.inf)
_TEXTS = ("", "0", "-1", "1e999", "null", "\x00", "\u202e\u2028", "n" * 70_000, "0001-01-01T00:00:00Z", "9999-12-31")
_OTHERS: tuple[Json, ...] = (None, True, False, [], {}, [[]], {"": {}}, [None], [[[[[[[[]]]]]]]], _DEEP)
_JUNK = (_NUMBERS, _NUMBERS, _TEXTS, _OTHERS, _OTHERS, _NOT_JSON)
_MOST_STRIKES = 4
_DEEPER = 0.8
"""The share of strikes that go deeper at each level."""
_ATTEMPTS = 10


@dataclass(frozen=True, slots=True)
class Form:
    """Where a reply has its servers, and what they are known by."""

    key: str
    identity: str

    def items(self, reply: Json) -> list[Json]:
        """Return the elements of its list."""
        found = reply.get(self.key) if isinstance(reply, dict) else None
        return found if isinstance(found, list) else []

    def untouched(self, reply: Json, spoilt: Json) -> set[Json]:
        """Return the identities of servers that still stand there word for word, and that nothing else claims."""
        before = {_word(item): item[self.identity] for item in self.items(reply)}
        after = self.items(spoilt)
        claims = [item.get(self.identity) if isinstance(item, dict) else None for item in after]
        return {
            identity
            for item in after
            if (identity := before.get(_word(item))) is not None and sum(_same(identity, it) for it in claims) == 1
        }


def mutated(reply: Json, chance: Random) -> Json:
    """Return a reply with a few things in it replaced, missing, doubled or too many."""
    root = [deepcopy(reply)]
    for _ in range(chance.randint(1, _MOST_STRIKES)):
        chance.choice(_STRIKES)(*_place(root, chance), chance)
        if not root:
            root.append(None)
    return root[0]


def mutated_only(reply: Json, chance: Random, form: Form, victims: set[str]) -> Json:
    """Return a reply in which other servers than these are untouched; the reply itself if that does not come about."""
    others = {item[form.identity] for item in form.items(reply) if str(item[form.identity]) not in victims}
    for _ in range(_ATTEMPTS):
        spoilt = deepcopy(reply)
        items = form.items(spoilt)
        for place, item in enumerate(items):
            if str(item[form.identity]) in victims:
                items[place] = mutated(item, chance)
        if chance.random() < 0.5:
            items.insert(chance.randint(0, len(items)), _junk(chance))
        if others <= form.untouched(reply, spoilt):
            return spoilt
    return reply


def written(reply: Json) -> bytes:
    """Write a reply as JSON, or as what takes its place."""
    text = json.dumps(reply, ensure_ascii=False, separators=(",", ":"))
    return text.replace(f'"{_DEEP}"', "[" * _DEPTH + "]" * _DEPTH).encode()


def torn(body: bytes, chance: Random) -> bytes:
    """Return a body that was cut off, or of which some bytes are others."""
    if chance.random() < 0.5:
        return body[: chance.randint(0, len(body))]
    spoilt = bytearray(body)
    for _ in range(chance.randint(1, _MOST_STRIKES)):
        place = chance.randint(0, len(spoilt))
        spoilt[place : place + chance.randint(0, 2)] = chance.randbytes(chance.randint(0, 2))
    return bytes(spoilt)


def _place(root: list[Json], chance: Random) -> Place:
    """Choose a place, at any depth alike."""
    within: Json = root
    key: Json = 0
    while within[key] and isinstance(within[key], list | dict) and chance.random() < _DEEPER:
        within = within[key]
        key = chance.choice(range(len(within)) if isinstance(within, list) else list(within))
    return within, key


def _junk(chance: Random) -> Json:
    return deepcopy(chance.choice(chance.choice(_JUNK)))


def _replace(within: Json, key: Json, chance: Random) -> None:
    within[key] = _junk(chance)


def _delete(within: Json, key: Json, chance: Random) -> None:
    del within[key]


def _double(within: Json, key: Json, chance: Random) -> None:
    """Put a value a second time: beside itself in a list, in the place of another one in an object."""
    if isinstance(within, list):
        within.insert(key, deepcopy(within[key]))
    else:
        within[chance.choice(list(within))] = deepcopy(within[key])


def _insert(within: Json, key: Json, chance: Random) -> None:
    if isinstance(within, list):
        within.insert(key, _junk(chance))
    else:
        within[chance.choice(_TEXTS)] = _junk(chance)


def _convert(within: Json, key: Json, chance: Random) -> None:
    """Say the same in another type."""
    value = within[key]
    within[key] = chance.choice((str(value), [value], {"": value}, value is not None, len(str(value))))


def _enlarge(within: Json, key: Json, chance: Random) -> None:
    """Change a number by much, and anything else not at all."""
    value = within[key]
    if isinstance(value, int | float) and not isinstance(value, bool):
        within[key] = value * chance.choice((-1, 2, 2**32, 10**20, 0.5))


_STRIKES: tuple[Callable[[Json, Json, Random], None], ...] = (_replace, _delete, _double, _insert, _convert, _enlarge)


def _word(value: Json) -> str:
    return json.dumps(value, sort_keys=True)


def _same(identity: Json, claim: Json) -> bool:
    """Whether something claims to be a server, be it as 1.0 in place of 1 or with spaces around its uuid."""
    if isinstance(identity, str):
        return isinstance(claim, str) and identity in claim
    return isinstance(claim, int | float) and claim == identity
