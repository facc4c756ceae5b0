"""Names that agents and dashboards give, as people call them."""

import pytest

from custom_components.nezha.names import Processor, counted, machine, system, temperature_sensor


@pytest.mark.parametrize(
    ("platform", "version", "name"),
    [
        ("ubuntu", "24.04", "Ubuntu 24.04"),
        ("darwin", "15.6", "macOS 15.6"),
        ("arch", "", "Arch Linux"),
        ("redhat", "9.4", "Red Hat Enterprise Linux 9.4"),
        ("Microsoft Windows Server 2022 Datacenter", "", "Microsoft Windows Server 2022 Datacenter"),
        ("something-new", "1", "something-new 1"),
        ("", "", ""),
    ],
)
def test_a_system_is_spelt_as_its_maker_does(platform: str, version: str, name: str) -> None:
    assert system(platform, version) == name


@pytest.mark.parametrize(
    ("arch", "virtualization", "name"),
    [("x86_64", "kvm", "x86_64 · KVM"), ("arm64", "", "arm64"), ("", "lxc", "LXC"), ("", "", "")],
)
def test_a_machine(arch: str, virtualization: str, name: str) -> None:
    assert machine(arch, virtualization) == name


@pytest.mark.parametrize(
    ("reported", "name"),
    [
        ("coretemp_package_id_0", "Package id 0"),
        ("coretemp_core_12", "Core 12"),
        ("nvme_composite", "NVMe composite"),
        ("k10temp_tctl", "CPU tctl"),
        ("cpu_thermal", "CPU"),
        ("cpu-thermal", "CPU"),
        ("acpitz", "ACPI"),
        ("amdgpu_edge", "AMD GPU edge"),
        ("TC0P", "TC0P"),
        ("iwlwifi_1", "Wi-Fi 1"),
        ("主板", "主板"),
        ("thermal", "Thermal"),
        ("", ""),
    ],
)
def test_a_temperature_sensor_is_named_for_people(reported: str, name: str) -> None:
    assert temperature_sensor(reported) == name


@pytest.mark.parametrize(
    ("reported", "model", "cores"),
    [
        (
            ("AMD EPYC 7763 64-Core Processor 4 Virtual Core",),
            "AMD EPYC 7763 64-Core Processor",
            4,
        ),
        (("Intel Xeon E5-2680 v4 2 Virtual Core",) * 2, "Intel Xeon E5-2680 v4", 4),
        (("Cortex-A76 4 Physical Core", "Cortex-A55 4 Physical Core"), "Cortex-A76, Cortex-A55", 8),
        (("Something else",), "Something else", None),
        ((), "", None),
    ],
)
def test_a_processor(reported: tuple[str, ...], model: str, cores: int | None) -> None:
    assert Processor.parse(reported) == Processor(model, cores)


def test_a_second_one_of_a_name_gets_its_number() -> None:
    assert counted(["a", "b", "a", "a"]) == ("a", "b", "a (2)", "a (3)")
