"""What a real agent reported that had nothing to do: recorded every four seconds for over a minute, without traffic.

It is told to and fro, so that two reports are never further apart than they were, however long it goes on.
"""

from bisect import bisect_right
from dataclasses import dataclass, replace
import json
from pathlib import Path
from typing import Any, Self

from simulator import Server, State

_FILE = Path(__file__).resolve().parents[2] / "tests" / "recordings" / "story_v0.jsonl"
_SERVER = 1


@dataclass(frozen=True, slots=True)
class Story:
    """The reports of one server."""

    totals: dict[str, Any]
    """Of its host."""
    times: list[float]
    """Seconds since the first."""
    states: list[State]

    @classmethod
    def recorded(cls) -> Self:
        """Read the recording, up to the dashboard's restart in it."""
        told = []
        for line in _FILE.read_text(encoding="utf-8").splitlines():
            exchange = json.loads(line)
            servers = exchange.get("body", {}).get("result", [])
            server = next((server for server in servers if server["id"] == _SERVER), None)
            if server and not server["status"]["Uptime"]:
                break
            if server:
                told.append((exchange["t"], server))
        host = told[0][1]["host"]
        return cls(
            totals={
                "mem_total": host["MemTotal"],
                "disk_total": host["DiskTotal"],
                "swap_total": host["SwapTotal"],
            },
            times=[time - told[0][0] for time, _ in told],
            states=[_state(server["status"]) for _, server in told],
        )

    def state(self, server: Server, now: float) -> State:
        """Return what a server reports; each is at another place of the story."""
        if server.state is None:
            raise ValueError("a server without a report")
        length = self.times[-1]
        place = (now + 7 * server.id) % (2 * length)
        return replace(
            self.states[bisect_right(self.times, min(place, 2 * length - place)) - 1], uptime=server.state.uptime
        )


def _state(status: dict[str, Any]) -> State:
    return State(
        cpu=status["CPU"],
        mem_used=status["MemUsed"],
        swap_used=status["SwapUsed"],
        disk_used=status["DiskUsed"],
        net_in_transfer=status["NetInTransfer"],
        net_out_transfer=status["NetOutTransfer"],
        net_in_speed=status["NetInSpeed"],
        net_out_speed=status["NetOutSpeed"],
        uptime=status["Uptime"],
        load_1=status["Load1"],
        load_5=status["Load5"],
        load_15=status["Load15"],
        tcp_conn_count=status["TcpConnCount"],
        udp_conn_count=status["UdpConnCount"],
        process_count=status["ProcessCount"],
        temperatures=(),
        gpu=(),
    )
