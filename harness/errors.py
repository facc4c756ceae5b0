"""What ends the demo before its time."""


class HarnessError(Exception):
    """Something is missing or went wrong; the text tells the user what, and what to do."""
