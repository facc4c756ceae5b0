"""An answer of a simulated dashboard."""

from dataclasses import dataclass
from typing import Any


@dataclass
class Answer:
    """An answer, read to its end."""

    status: int
    headers: dict[str, str]
    text: str
    body: Any
    """None if it is not JSON."""
