"""What agents on real machines were seen to report, as values to pin: `machine.pin(**ODDITIES["memory_underflow"])`.

Nothing here is a fault of the way to the dashboard: an agent said so, and the dashboard passed it on.
"""

from typing import Any

from .fleet import Temperature

UNDERFLOW = 2**64
"""An unsigned number that fell below zero is so much too large."""

ODDITIES: dict[str, dict[str, Any]] = {
    "uptime_underflow": {"uptime": UNDERFLOW - 4},
    "no_uptime": {"uptime": 0},
    "no_boot_time": {"boot_time": 0},
    "no_platform": {"platform": "", "platform_version": ""},
    "neither_platform_nor_boot_time": {"platform": "", "platform_version": "", "boot_time": 0},
    "boot_in_1970": {"boot_time": 37},
    "boot_ahead": {"boot_time": 4_102_444_800},
    "memory_underflow": {"mem_used": UNDERFLOW - 17_175_552},
    "swap_underflow": {"swap_used": UNDERFLOW - 4_096},
    "disk_underflow": {"disk_used": UNDERFLOW - 1},
    "speed_overflow": {"net_in_speed": 2**63 - 1, "net_out_speed": 2**63 + 170},
    "transfer_underflow": {"net_in_transfer": UNDERFLOW - 5, "net_out_transfer": UNDERFLOW - 5},
    "processes_underflow": {"process_count": UNDERFLOW - 1, "tcp_conn_count": UNDERFLOW - 1},
    "more_than_all_memory": {"mem_used": 2**62},
    "no_totals": {"mem_total": 0, "disk_total": 0, "swap_total": 0},
    "heat_of_the_universe": {"temperatures": (Temperature("cpu", 1.7e308), Temperature("cpu", -1.7e308))},
    "one_name_for_all_sensors": {"temperatures": tuple(Temperature("cpu", 40.0 + each) for each in range(200))},
    "names_that_collide": {
        "temperatures": tuple(Temperature(name, 40.0) for name in ("cpu", "cpu", "cpu 2", "cpu_2", "CPU 2", ""))
    },
    "load_beyond_reason": {"load_1": 1e300, "load_5": 1e300, "load_15": 1e300},
    "cpu_beyond_reason": {"cpu": 1e19},
    "long_words": {
        "platform": "p" * 10_000,
        "arch": "a" * 10_000,
        "version": "v" * 10_000,
        "country_code": "x" * 10_000,
    },
}
"""Every one by its name: fields of `Host` and `State`."""
