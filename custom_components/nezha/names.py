"""What agents and dashboards call things, as people call them."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
import re
from typing import Self

_SYSTEMS = {
    "almalinux": "AlmaLinux",
    "alpine": "Alpine Linux",
    "altlinux": "ALT Linux",
    "amazon": "Amazon Linux",
    "android": "Android",
    "anolis": "Anolis OS",
    "arch": "Arch Linux",
    "armbian": "Armbian",
    "artix": "Artix Linux",
    "cachyos": "CachyOS",
    "centos": "CentOS",
    "cloudlinux": "CloudLinux",
    "coreos": "CoreOS",
    "darwin": "macOS",
    "debian": "Debian",
    "deepin": "deepin",
    "devuan": "Devuan",
    "dragonfly": "DragonFly BSD",
    "elementary": "elementary OS",
    "endeavouros": "EndeavourOS",
    "fedora": "Fedora",
    "flatcar": "Flatcar",
    "freebsd": "FreeBSD",
    "garuda": "Garuda Linux",
    "gentoo": "Gentoo",
    "immortalwrt": "ImmortalWrt",
    "kali": "Kali Linux",
    "kylin": "Kylin",
    "lede": "LEDE",
    "linux": "Linux",
    "linuxmint": "Linux Mint",
    "mageia": "Mageia",
    "manjaro": "Manjaro",
    "netbsd": "NetBSD",
    "nixos": "NixOS",
    "openbsd": "OpenBSD",
    "opencloudos": "OpenCloudOS",
    "openeuler": "openEuler",
    "opensuse": "openSUSE",
    "opensuse-leap": "openSUSE Leap",
    "opensuse-tumbleweed": "openSUSE Tumbleweed",
    "openwrt": "OpenWrt",
    "opnsense": "OPNsense",
    "oracle": "Oracle Linux",
    "parrot": "Parrot OS",
    "pfsense": "pfSense",
    "photon": "Photon OS",
    "pop": "Pop!_OS",
    "proxmox": "Proxmox VE",
    "raspbian": "Raspbian",
    "redhat": "Red Hat Enterprise Linux",
    "rhel": "Red Hat Enterprise Linux",
    "rocky": "Rocky Linux",
    "scientific": "Scientific Linux",
    "slackware": "Slackware",
    "sles": "SUSE Linux Enterprise Server",
    "solaris": "Solaris",
    "steamos": "SteamOS",
    "suse": "SUSE",
    "tencentos": "TencentOS",
    "truenas": "TrueNAS",
    "ubuntu": "Ubuntu",
    "unraid": "Unraid",
    "uos": "UOS",
    "void": "Void Linux",
    "windows": "Windows",
    "zorin": "Zorin OS",
}
"""The spelling of their makers, by what agents report as platform."""

_MACHINES = {
    "docker": "Docker",
    "hyperv": "Hyper-V",
    "kvm": "KVM",
    "lxc": "LXC",
    "openvz": "OpenVZ",
    "parallels": "Parallels",
    "podman": "Podman",
    "qemu": "QEMU",
    "systemd-nspawn": "systemd-nspawn",
    "vbox": "VirtualBox",
    "vmware": "VMware",
    "wsl": "WSL",
    "xen": "Xen",
}
"""The same for virtualisations."""

_WORDS = {
    "acpitz": "ACPI",
    "amdgpu": "AMD GPU",
    "cpu": "CPU",
    "drivetemp": "Drive",
    "gpu": "GPU",
    "hdd": "HDD",
    "iwlwifi": "Wi-Fi",
    "k10temp": "CPU",
    "nvme": "NVMe",
    "pch": "PCH",
    "soc": "SoC",
    "ssd": "SSD",
    "zenpower": "CPU",
}
"""How words of a temperature sensor's name are written."""
_NEEDLESS_DRIVER = "coretemp_"
"""Its sensors are called "package" and "core", which says it all."""
_NEEDLESS_END = re.compile(r"[ _-](temp|temperature|thermal)$", re.IGNORECASE)
_CORES = re.compile(r"(?P<model>.*?)\s+(?P<cores>\d{1,4}) (?:Virtual|Physical) Core")


def system(platform: str, version: str) -> str:
    """Return an operating system and its version in the spelling of its maker, or nothing."""
    return f"{_SYSTEMS.get(platform.casefold(), platform)} {version}".strip()


def machine(arch: str, virtualization: str) -> str:
    """Return an architecture, and where it is a virtual one, of what kind; or nothing."""
    return " · ".join(filter(None, (arch, _MACHINES.get(virtualization.casefold(), virtualization))))


def temperature_sensor(name: str) -> str:
    """Return the name of a temperature sensor for people: `coretemp_package_id_0` is "Package id 0"."""
    words = _NEEDLESS_END.sub("", name.removeprefix(_NEEDLESS_DRIVER)).replace("_", " ").split()
    written = " ".join(_WORDS.get(word.casefold(), word) for word in words)
    return written[:1].upper() + written[1:] if written[:2].islower() else written


@dataclass(frozen=True, slots=True)
class Processor:
    """The processors of a server."""

    model: str
    cores: int | None

    @classmethod
    def parse(cls, reported: tuple[str, ...]) -> Self:
        """Read what an agent reports, a line a model such as `AMD EPYC 7763 64-Core Processor 4 Virtual Core`."""
        matches = [_CORES.fullmatch(line) for line in reported]
        models = [match["model"] if match else line for line, match in zip(reported, matches, strict=True)]
        cores = [int(match["cores"]) for match in matches if match]
        # Each model once: a machine with two sockets may report a line for each.
        return cls(", ".join(dict.fromkeys(models)), sum(cores) if len(cores) == len(matches) > 0 else None)


def counted(names: Iterable[str]) -> tuple[str, ...]:
    """Return names that differ: a second one of the same name gets its number."""
    seen: Counter[str] = Counter()
    different = []
    for name in names:
        seen[name] += 1
        different.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return tuple(different)
