"""`scripts/test --mutations`: shows of each mutation which test notices it."""

import argparse
from pathlib import Path
from random import Random
import sys

from .runner import MutationError, judge, require_fresh
from .table import MUTATIONS

ROOT = Path(__file__).parents[2]


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="scripts/test --mutations")
    parser.add_argument("--sample", type=int, metavar="N", default=len(MUTATIONS), help="try only so many (all)")
    parser.add_argument("--seed", default="", metavar="TEXT", help="another text, another sample")
    return parser.parse_args()


def main() -> int:
    """Print the table, and return 1 if any mutation survives, or if any at all is stale."""
    chosen = arguments()
    sample = Random(chosen.seed).sample(MUTATIONS, min(chosen.sample, len(MUTATIONS)))
    unnoticed = 0
    try:
        require_fresh(ROOT, MUTATIONS)
        for number, verdict in enumerate(judge(ROOT, sample), 1):
            unnoticed += not verdict.noticed
            print(f"{number:2}  {verdict.mutation.falsehood}\n      {verdict.word}", flush=True)
    except MutationError as err:
        print(err, file=sys.stderr)
        return 1
    print(f"{len(sample) - unnoticed} of {len(sample)} mutations were noticed ({len(MUTATIONS)} are known).")
    return 1 if unnoticed else 0


if __name__ == "__main__":
    sys.exit(main())
