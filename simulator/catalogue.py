"""A fleet to show: a few servers that differ in every way that matters, then as many ordinary ones as wanted."""

from dataclasses import dataclass, replace
import random

from .dashboard import Dashboard
from .fleet import DAY, GIB, Habit, Host, Machine

CORETEMP = ("coretemp_package_id_0", "nvme_composite")


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
    ),
    Sample(
        name="香港中转 🇭🇰",
        tag="中转",
        host=Host(swap_total=GIB, country_code="hk", ipv4="198.51.100.2"),
        habit=Habit(period=600, phase=150, away=90, reboots=False),
        display_index=9,
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
    ),
    Sample(
        name="never-installed",
        tag="Tokyo",
        host=Host(),
        never_reports=True,
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
    ),
    Sample(
        name="vps",
        tag="Home",
        host=Host(swap_total=GIB, country_code="nl", ipv4="203.0.113.6"),
        habit=Habit(period=900, phase=400, away=60, reboots=True),
    ),
    Sample(
        name="vps",
        tag="中转",
        host=Host(country_code="sg", ipv4="203.0.113.7", ipv6="2001:db8::7"),
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


def populate(dashboard: Dashboard, count: int = len(SAMPLES), *, seed: int = 1, eventful: bool = False) -> None:
    """Add so many servers to a dashboard; in an eventful fleet some machines drop out or reboot now and then."""
    now = int(dashboard.clock())
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
        )
        dashboard.add_server(
            sample.name,
            machine,
            tag=sample.tag,
            display_index=sample.display_index,
            hide_for_guest=sample.hide_for_guest,
        )


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
