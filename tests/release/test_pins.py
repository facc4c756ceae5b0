"""The canary takes the demo's requirements in the versions that another Home Assistant pins."""

from pathlib import Path

from scripts.pins import home_assistants_pins, name_of, repinned

ROOT = Path(__file__).resolve().parents[2]


def test_a_known_requirement_gets_home_assistants_version_and_others_stay() -> None:
    pins = {"pillow": "Pillow==13.0.0", "sqlalchemy": "SQLAlchemy==2.1"}
    assert repinned(["# why", "Pillow==12.3.0", "SQLAlchemy==2.0.54", "unknown==1"], pins) == [
        "# why",
        "Pillow==13.0.0",
        "SQLAlchemy==2.1",
        "unknown==1",
    ]


def test_names_are_compared_as_package_indexes_do() -> None:
    assert name_of("PyTurboJPEG==1.8.3") == "pyturbojpeg"
    assert name_of("psutil_home.assistant==0.0.1") == "psutil-home-assistant"
    assert name_of("aiohttp[speedups]==3.0") == "aiohttp"
    assert name_of("# a comment") is None


def test_every_requirement_of_the_demo_is_known_to_home_assistant() -> None:
    pins = home_assistants_pins()
    wanted = (ROOT / "requirements_demo.txt").read_text(encoding="utf-8").splitlines()
    assert [line for line in wanted if (name := name_of(line)) and name not in pins] == []
