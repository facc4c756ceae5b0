"""`scripts/test --mutations`: shows of each mutation which test notices it."""

from pathlib import Path
import sys

from .runner import MutationError, judge
from .table import MUTATIONS

ROOT = Path(__file__).parents[2]


def main() -> int:
    """Print the table, and return 1 if any mutation survives or is stale."""
    unnoticed = 0
    try:
        for number, verdict in enumerate(judge(ROOT, MUTATIONS), 1):
            unnoticed += not verdict.noticed
            print(f"{number:2}  {verdict.mutation.falsehood}\n      {verdict.word}", flush=True)
    except MutationError as err:
        print(err, file=sys.stderr)
        return 1
    print(f"{len(MUTATIONS) - unnoticed} of {len(MUTATIONS)} mutations were noticed.")
    return 1 if unnoticed else 0


if __name__ == "__main__":
    sys.exit(main())
