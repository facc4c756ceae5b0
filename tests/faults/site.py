"""The dashboard of a test: two servers that never stand still, and one credential that is good."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
import time

from yarl import URL

from homeassistant.const import CONF_PASSWORD, CONF_TOKEN, CONF_USERNAME
from simulator import DEMO_USER, Dashboard, Host, Machine, SeenRequest, Simulator

from .certificates import Certificates
from .names import NAME, Names
from .troubles import Trouble

GIB = 2**30
DAY = 86_400
NOTES = {"note": "private", "public_note": '{"planDataMod": {"bandwidth": "1Gbps"}}'}
SERVERS = (1, 2)
"""The fault of a single server is always the first one's. More would show no more, and be what a case takes its time for."""
COUNTERS = ("net_in_transfer", "net_out_transfer")


class Site:
    """A simulated dashboard with an address that a trouble can befall."""

    def __init__(self, generation: str, trouble: Trouble, names: Names, certificates: Certificates) -> None:
        """Add the servers, the first of which has everything, and one of all else; nothing listens yet."""
        self.generation = generation
        self.names = names
        self.certificates = certificates
        self.turn = 0
        self.dashboard = Dashboard(tokens=[])
        self._named = trouble.named
        self._context = certificates.context() if trouble.secure else None
        self.simulator = Simulator(
            self.dashboard, generation=generation, frames="manual", ssl_context=self._context, firewall=True
        )
        self.foreign = Simulator(generation=generation)
        """Another origin, for whoever needs it."""
        self._credentials = 0
        host = Host(boot_time=int(time.time()) - 3 * DAY, swap_total=GIB, gpu=("NVIDIA L4",), country_code="jp")
        machine = Machine(replace(host, ipv4="192.0.2.1", ipv6="2001:db8::1"), seed=1, sensors=("core",))
        self.dashboard.add_server("alpha", machine, tag="Edge", display_index=1, hide_for_guest=True, **NOTES)
        self.dashboard.add_server("beta")
        self.dashboard.add_group("Edge", [1, 2])
        self.dashboard.add_service("Web")
        self.dashboard.add_rule("Monthly", limit=1_000 * GIB, servers=[1])
        self.dashboard.add_task("Backup", servers=[1])
        self.renew_credential()
        self.next_turn()

    @property
    def url(self) -> str:
        """The dashboard's address."""
        url = URL(self.simulator.url)
        return str(url.with_host(NAME) if self._named else url)

    @property
    def token(self) -> str:
        """The newest token, in the generation's own form."""
        return f"nzp_token{self._credentials:031}" if self.generation == "v2" else f"token-{self._credentials:026}"

    @property
    def credential(self) -> Mapping[str, str]:
        """The newest one."""
        if self.generation == "v1":
            return {CONF_USERNAME: DEMO_USER, CONF_PASSWORD: f"password-{self._credentials}"}
        return {CONF_TOKEN: self.token}

    def renew_credential(self) -> None:
        """Accept another credential in place of the newest, and hold no earlier one against anybody."""
        credentials, old = self.dashboard.credentials, self.token
        self._credentials += 1
        match self.generation:
            case "v0":
                self.dashboard.revoke_token(old)
                self.dashboard.add_token(self.token)
            case "v1":
                credentials.add_user(DEMO_USER, self.credential[CONF_PASSWORD])
                credentials.revoke_jwts()
            case "v2":
                if credentials.access_token(old):
                    credentials.remove_access_token(old)
                credentials.add_access_token(self.token)
        self.simulator.firewall.clear()

    def sent(self, credential: Mapping[str, str]) -> int:
        """Count the requests that carried a token, or a password."""
        secret = credential.get(CONF_TOKEN) or credential[CONF_PASSWORD]
        return sum(_carries(request, secret) for request in self.simulator.requests)

    def show_certificate(self, path: Path) -> None:
        """Show another certificate from now on."""
        assert self._context
        self._context.load_cert_chain(path)
        self.simulator.disconnect()

    def next_turn(self) -> None:
        """Let every server have another load at its next report, and its counters have grown."""
        self.turn += 1
        for server in self.dashboard.servers.values():
            counters = dict.fromkeys(COUNTERS, self.turn * GIB)
            server.machine.pin(load_1=float(self.turn), **counters)


def _carries(request: SeenRequest, secret: str) -> bool:
    return request.headers.get("Authorization", "").endswith(secret) or f'"{secret}"' in request.text
