"""Text of strangers in texts that are rendered as Markdown."""

import re

_PUNCTUATION = re.compile(r"([!-/:-@\[-`{-~])")


def escaped(text: str) -> str:
    """Return a text that Markdown shows as it is: every ASCII punctuation mark may be escaped, and means nothing then."""
    return _PUNCTUATION.sub(r"\\\1", " ".join(text.split()))
