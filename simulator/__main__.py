"""The simulated dashboard as a command: `python -m simulator --servers 8 --port 8008`."""

import argparse
import asyncio
import signal
import sys

from . import (
    ATTACKS,
    DEMO_PASSWORD,
    DEMO_PAT,
    DEMO_USER,
    FAULTS,
    GENERATIONS,
    WILD,
    Dashboard,
    Release,
    Simulator,
    populate,
)

TROUBLES = (*FAULTS, *WILD, *ATTACKS)
DEMO_TOKENS = {"v0": "demo-token", "v2": DEMO_PAT}


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m simulator", description="A simulated Nezha dashboard on 127.0.0.1."
    )
    parser.add_argument("--servers", type=int, default=8, help="how many servers it watches (default: 8)")
    parser.add_argument("--port", type=int, default=8008, help="where it listens, 0 for any free port (default: 8008)")
    parser.add_argument(
        "--token",
        help=f"the token it accepts (default: {', '.join(f'{token} ({g})' for g, token in DEMO_TOKENS.items())})",
    )
    parser.add_argument(
        "--user", "--username", default=DEMO_USER, help=f"who may log in, v1 and v2 (default: {DEMO_USER})"
    )
    parser.add_argument("--password", default=DEMO_PASSWORD, help=f"with this password (default: {DEMO_PASSWORD})")
    parser.add_argument(
        "--generation", choices=GENERATIONS, help="what it speaks (default: that of the release, or v0)"
    )
    parser.add_argument(
        "--release", help="as which release it answers, such as 1.4.9 (default: the newest of its generation)"
    )
    parser.add_argument("--seed", type=int, default=1, help="another seed, another fleet (default: 1)")
    parser.add_argument(
        "--born", type=float, metavar="SECONDS", help="the unix time by which the machines' past is made (default: now)"
    )
    parser.add_argument("--calm", action="store_true", help="no machine drops out or reboots")
    parser.add_argument(
        "--fault", action="append", default=[], choices=TROUBLES, metavar="NAME", help=f"any of: {', '.join(TROUBLES)}"
    )
    options = parser.parse_args()
    try:
        settle_generation(options)
    except ValueError as error:
        parser.error(str(error))
    return options


def settle_generation(options: argparse.Namespace) -> None:
    """Let `release` name the generation unless that is given; raises ValueError if they contradict each other."""
    if options.release is None:
        options.generation = options.generation or GENERATIONS[0]
        return
    release = Release.parse(options.release)
    if options.generation not in {None, release.generation}:
        raise ValueError(f"{options.release} is no release of {options.generation}")
    options.generation = release.generation


def _log_in_v0(dashboard: Dashboard, options: argparse.Namespace) -> list[str]:
    """Accept what v0 takes, and say how to use it."""
    token = options.token or DEMO_TOKENS["v0"]
    dashboard.revoke_token(DEMO_TOKENS["v0"])
    dashboard.add_token(token)
    return [f"token:    {token}", f"try it:   curl -H 'Authorization: {token}' {{url}}/api/v1/server/details"]


def _log_in_v1(dashboard: Dashboard, options: argparse.Namespace) -> list[str]:
    """Accept what v1 takes, and say how to use it."""
    dashboard.credentials.remove_user(DEMO_USER)
    dashboard.credentials.add_user(options.user, options.password)
    asked = f'{{{{"username":"{options.user}","password":"{options.password}"}}}}'
    return [
        f"user:     {options.user}",
        f"password: {options.password}",
        f"log in:   curl -d '{asked}' {{url}}/api/v1/login",
    ]


def _log_in_v2(dashboard: Dashboard, options: argparse.Namespace) -> list[str]:
    """Accept what v2 takes, and say how to use it."""
    token = options.token or DEMO_TOKENS["v2"]
    dashboard.credentials.remove_access_token(DEMO_PAT)
    dashboard.credentials.add_access_token(token)
    return [
        *_log_in_v1(dashboard, options),
        f"token:    {token} (all scopes)",
        f"try it:   curl -H 'Authorization: Bearer {token}' {{url}}/api/v1/server",
    ]


EXPLANATIONS = {"v0": _log_in_v0, "v1": _log_in_v1, "v2": _log_in_v2}


async def serve(options: argparse.Namespace) -> None:
    """Serve until interrupted."""
    # Asked for by name: a shell that puts us into the background has told us to ignore Ctrl-C.
    interrupted = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, interrupted.set)
    dashboard = Dashboard()
    simulator = Simulator(dashboard, generation=options.generation, release=options.release)
    populate(dashboard, options.servers, seed=options.seed, eventful=not options.calm, born=options.born)
    explain = EXPLANATIONS[options.generation](dashboard, options)
    await simulator.start(options.port)
    for fault in options.fault:
        simulator.faults.set(fault)
    print(f"A simulated Nezha {simulator.release} dashboard with {options.servers} servers.")
    print(f"  URL:      {simulator.url}")
    for line in explain:
        print(f"  {line.format(url=simulator.url)}")
    if options.fault:
        print(f"  faults: {', '.join(options.fault)}")
    print("Ctrl-C ends it.", flush=True)
    try:
        await interrupted.wait()
    finally:
        await simulator.stop()


def main() -> int:
    """Run the command."""
    options = arguments()
    try:
        asyncio.run(serve(options))
    except OSError as error:
        print(f"Cannot listen on port {options.port}: {error.strerror}. Choose another with --port.", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
