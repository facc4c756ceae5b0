"""A fleet to show: a few servers that differ in every way that matters, then as many ordinary ones as wanted."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
import math
import random

from .dashboard import Dashboard
from .fleet import DAY, GIB, Habit, Host, Machine, machine_uuid
from .go import dumps
from .records import BUCKETS, Cycle, Service, ServiceKind

CORETEMP = ("coretemp_package_id_0", "nvme_composite")


NEVER = "0000-00-00T23:59:59+08:00"
"""What a public note says for no end."""
MALFORMED = "2025-07-141T23:59:59+08:00"
"""An end that a real note had."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contract:
    """What a public note says of billing and plan."""

    ends: int | str
    """In so many days from now, or in these words."""
    cycle: str
    amount: str
    renews: str | int = "0"
    plan: tuple[tuple[str, str], ...] = ()

    def note(self, now: float) -> str:
        """Return the note."""
        today = datetime.fromtimestamp(now, UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        end = self.ends if isinstance(self.ends, str) else f"{today + timedelta(days=self.ends):%Y-%m-%dT%H:%M:%SZ}"
        billing = {
            "startDate": f"{today - timedelta(days=200):%Y-%m-%dT%H:%M:%SZ}",
            "endDate": end,
            "autoRenewal": self.renews,
            "cycle": self.cycle,
            "amount": self.amount,
        }
        return dumps({"billingDataMod": billing} | ({"planDataMod": dict(self.plan)} if self.plan else {}))


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """A server that shows something in particular."""

    name: str
    tag: str
    host: Host
    sensors: tuple[str, ...] = ()
    never_reports: bool = False
    habit: Habit | None = None
    """What it does when the fleet is to be eventful."""
    display_index: int = 0
    hide_for_guest: bool = False
    note: str = ""
    public_note: str | Contract = ""


SAMPLES = (
    Sample(
        name="tokyo-1",
        tag="Tokyo",
        host=Host(
            platform="ubuntu",
            platform_version="24.04",
            cpu=("Intel Xeon E5-2680 v4 4 Virtual Core",),
            mem_total=8 * GIB,
            disk_total=160 * GIB,
            swap_total=2 * GIB,
            country_code="jp",
            ipv4="198.51.100.1",
            ipv6="2001:db8::1",
        ),
        sensors=CORETEMP,
        display_index=10,
        note="Root password is in the safe",
        public_note=Contract(
            ends=53,
            cycle="Year",
            amount="12.5€",
            renews="1",
            plan=(
                ("bandwidth", "1Gbps"),
                ("trafficVol", "1TB/Month"),
                ("trafficType", "1"),
                ("IPv4", "1"),
                ("IPv6", "1"),
                ("networkRoute", "CN2"),
                ("extra", "NAT"),
            ),
        ),
    ),
    Sample(
        name="香港中转 🇭🇰",
        tag="中转",
        host=Host(swap_total=GIB, country_code="hk", ipv4="198.51.100.2"),
        habit=Habit(period=600, phase=150, away=90, reboots=False),
        display_index=9,
        public_note=Contract(ends=-12, cycle="月", amount="200EUR", renews=1),
    ),
    Sample(
        name="workstation 🎮",
        tag="Home",
        host=Host(
            platform="arch",
            platform_version="",
            cpu=("AMD Ryzen 9 7950X 16 Physical Core",),
            mem_total=64 * GIB,
            disk_total=2_000 * GIB,
            virtualization="",
            country_code="de",
            gpu=("NVIDIA GeForce RTX 4090", "NVIDIA GeForce RTX 3060"),
            ipv4="192.0.2.3",
        ),
        sensors=("k10temp_tctl", "nvme_composite", "amdgpu_edge"),
        public_note="Under the desk",
    ),
    Sample(
        name="never-installed",
        tag="Tokyo",
        host=Host(),
        never_reports=True,
        public_note=Contract(ends=NEVER, cycle="year", amount="0"),
    ),
    Sample(
        name="no-group",
        tag="",
        host=Host(
            platform="alpine",
            platform_version="3.22.1",
            cpu=("Neoverse-N1 2 Virtual Core",),
            mem_total=GIB // 2,
            disk_total=10 * GIB,
            arch="aarch64",
            virtualization="docker",
            country_code="fr",
            ipv6="2001:db8::5",
        ),
        hide_for_guest=True,
        public_note=Contract(ends=MALFORMED, cycle="Monthly", amount="3$"),
    ),
    Sample(
        name="vps",
        tag="Home",
        host=Host(swap_total=GIB, country_code="nl", ipv4="203.0.113.6"),
        habit=Habit(period=900, phase=400, away=60, reboots=True),
        public_note=Contract(ends=20, cycle="quarterly", amount="-1", plan=(("bandwidth", "100Mbps"),)),
    ),
    Sample(
        name="vps",
        tag="中转",
        host=Host(country_code="sg", ipv4="203.0.113.7", ipv6="2001:db8::7"),
        public_note='{"billingDataMod": {"endDate": ',
    ),
    Sample(
        name="Mac mini",
        tag="Home",
        host=Host(
            platform="darwin",
            platform_version="15.6",
            cpu=("Apple M2 Pro 1 Physical Core",),
            mem_total=32 * GIB,
            disk_total=1_000 * GIB,
            swap_total=4 * GIB,
            arch="arm64",
            virtualization="",
            gpu=("Apple M2 Pro",),
            ipv4="192.0.2.8",
        ),
    ),
)


def populate(
    dashboard: Dashboard,
    count: int = len(SAMPLES),
    *,
    seed: int = 1,
    eventful: bool = False,
    born: float | None = None,
) -> None:
    """Add so many servers to a dashboard; in an eventful fleet some machines drop out or reboot now and then.

    The fleet is the same for the same moment `born` (unix seconds; now, unless it is given): when each machine booted,
    and so all that it ever measured.
    """
    now = int(dashboard.clock() if born is None else born)
    for number in range(count):
        sample = SAMPLES[number] if number < len(SAMPLES) else _ordinary(number, seed)
        machine_seed = seed * 100_000 + number
        uptime = random.Random(machine_seed).randrange(DAY, 90 * DAY)
        machine = Machine(
            replace(sample.host, boot_time=now - uptime),
            seed=machine_seed,
            sensors=sample.sensors,
            never_reports=sample.never_reports,
            habit=sample.habit if eventful else None,
            uuid=machine_uuid(machine_seed),
        )
        public = sample.public_note
        dashboard.add_server(
            sample.name,
            machine,
            tag=sample.tag,
            display_index=sample.display_index,
            hide_for_guest=sample.hide_for_guest,
            note=sample.note,
            public_note=public.note(now) if isinstance(public, Contract) else public,
        )
    _furnish(dashboard, seed)


def _furnish(dashboard: Dashboard, seed: int) -> None:
    """Add what v1 and v2 know besides servers: the tags as groups, probes, traffic rules and tasks."""
    servers = list(dashboard.servers.values())
    for tag in dict.fromkeys(server.tag for server in servers if server.tag):
        dashboard.add_group(tag, [server.id for server in servers if server.tag == tag])
    ids = [server.id for server in servers]
    dashboard.add_group("First three", ids[:3])
    dashboard.add_group("Empty")
    _remember(dashboard.add_service("Website", ServiceKind.HTTP, "https://example.com"), seed)
    _remember(dashboard.add_service("DNS ping", ServiceKind.PING, "192.0.2.53"), seed + 1)
    broken = dashboard.add_service("Database 🗄️", ServiceKind.TCP, "192.0.2.9:5432")
    _remember(broken, seed + 2)
    broken.failing = True
    broken.probe(60)
    dashboard.add_service("Not probed yet", ServiceKind.TCP, "192.0.2.10:22", probed=0)
    monthly = dashboard.add_rule("Monthly traffic", limit=1_000 * 10**9)
    weekly = dashboard.add_rule("Weekly traffic", cycle=Cycle.WEEK, limit=50 * 10**9, servers=ids[:2])
    unlimited = dashboard.add_rule("Counted only", servers=ids[:1])
    dashboard.advance()
    for rule, share in ((monthly, 0.4), (weekly, 0.9), (unlimited, 0.2)):
        # As if the rules had counted for a while.
        for place, server_id in enumerate(rule.transfer):
            rule.transfer[server_id] = math.floor((rule.max or 10**12) * share / (place + 1))
    done = dashboard.add_task("Backup", "/usr/local/bin/backup", ids[:2])
    done.last_executed_at, done.last_result = dashboard.clock() - DAY / 3, True
    dashboard.add_task("Say hi", "echo hi", ids[:1])
    failing = dashboard.add_task("Renew certificates", "certbot renew", ids[:1])
    failing.succeeds = False


def _remember(service: Service, seed: int) -> None:
    """Give a service thirty days to look back on."""
    chance = random.Random(f"service {seed}")
    service.latency = chance.uniform(2, 150)
    for day in range(BUCKETS - 1):
        failed = chance.choice((0, 0, 0, 0, 1, 3, 40))
        service.up[day], service.down[day] = 2_880 - failed, failed
        service.delay[day] = service.latency * chance.uniform(0.8, 1.3)
    service.probe(500)


def _ordinary(number: int, seed: int) -> Sample:
    chance = random.Random(f"{seed} {number}")
    size = 2 ** chance.randrange(6)
    host = Host(
        platform=chance.choice(("debian", "ubuntu", "centos", "fedora")),
        platform_version=chance.choice(("9", "12.11", "22.04", "24.04")),
        cpu=(f"Intel Xeon E5-2680 v4 {chance.choice((1, 2, 4, 8))} Virtual Core",),
        mem_total=size * GIB,
        disk_total=20 * size * GIB,
        swap_total=chance.choice((0, 1, 2)) * GIB,
        arch=chance.choice(("x86_64", "x86_64", "aarch64")),
        country_code=chance.choice(("", "de", "hk", "jp", "us")),
        gpu=("NVIDIA L4",) if number % 17 == 0 else (),
        # The range for benchmarks (RFC 2544) has room for thousands.
        ipv4=f"198.18.{number // 256}.{number % 256}",
        ipv6=f"2001:db8::{number:x}" if number % 3 else "",
    )
    return Sample(
        name=f"vps-{number}",
        tag=f"Group {number % 12}",
        host=host,
        sensors=CORETEMP if number % 5 == 0 else (),
        habit=Habit(period=1_800, phase=60 * number, away=75, reboots=number % 2 == 0) if number % 10 == 0 else None,
    )
