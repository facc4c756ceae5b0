"""The door at which Home Assistant knocks for the flows."""

from .flow.config import NezhaConfigFlow

__all__ = ["NezhaConfigFlow"]
