"""The simulated dashboard as a command: `python -m simulator --servers 8 --port 8008`."""

import argparse
import asyncio
from contextlib import suppress
import sys

from . import FAULTS, GENERATIONS, Dashboard, Simulator, populate


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m simulator", description="A simulated Nezha dashboard on 127.0.0.1."
    )
    parser.add_argument("--servers", type=int, default=8, help="how many servers it watches (default: 8)")
    parser.add_argument("--port", type=int, default=8008, help="where it listens, 0 for any free port (default: 8008)")
    parser.add_argument("--token", default="demo-token", help="the API token it accepts (default: demo-token)")
    parser.add_argument("--generation", choices=GENERATIONS, default="v0", help="what it speaks (default: v0)")
    parser.add_argument("--seed", type=int, default=1, help="another seed, another fleet (default: 1)")
    parser.add_argument("--calm", action="store_true", help="no machine drops out or reboots")
    parser.add_argument(
        "--fault", action="append", default=[], choices=FAULTS, metavar="NAME", help=f"any of: {', '.join(FAULTS)}"
    )
    return parser.parse_args()


async def serve(options: argparse.Namespace) -> None:
    """Serve until cancelled."""
    dashboard = Dashboard(tokens=[options.token])
    populate(dashboard, options.servers, seed=options.seed, eventful=not options.calm)
    simulator = Simulator(dashboard, generation=options.generation)
    await simulator.start(options.port)
    for fault in options.fault:
        simulator.faults.set(fault)
    print(f"A simulated Nezha {options.generation} dashboard with {options.servers} servers.")
    print(f"  URL:    {simulator.url}")
    print(f"  token:  {options.token}")
    print(f"  try it: curl -H 'Authorization: {options.token}' {simulator.url}/api/v1/server/details")
    if options.fault:
        print(f"  faults: {', '.join(options.fault)}")
    print("Ctrl-C ends it.", flush=True)
    try:
        await asyncio.Event().wait()
    finally:
        await simulator.stop()


def main() -> int:
    """Run the command."""
    options = arguments()
    try:
        with suppress(KeyboardInterrupt):
            asyncio.run(serve(options))
    except OSError as error:
        print(f"Cannot listen on port {options.port}: {error.strerror}. Choose another with --port.", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
