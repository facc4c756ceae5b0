"""What hassfest and the HACS action would refuse is found here."""

from collections.abc import Callable
import json
from pathlib import Path
import shutil
from typing import Any

import pytest

from scripts import check_integration
from scripts.check_integration import CHECKS, check_json

from .workflows import ROOT

COMPONENT = Path("custom_components", "nezha")

type Plant = Callable[[Path], object]


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a copy of what is checked; it is not a repository, so its files are listed as they are."""
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / COMPONENT, tmp_path / COMPONENT, ignore=ignored)
    for name in ("hacs.json", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, tmp_path)
    monkeypatch.setattr(check_integration, "ROOT", tmp_path)
    monkeypatch.setattr(check_integration, "INTEGRATION", tmp_path / COMPONENT)
    monkeypatch.setattr(check_integration, "_files", lambda: [path for path in tmp_path.rglob("*") if path.is_file()])
    return tmp_path


def found() -> list[str]:
    return list(check_json()) or [text for check in CHECKS for text in check()]


def change(name: str, /, **values: Any) -> Plant:
    """Set keys of a JSON file; `None` takes one away."""

    def plant(root: Path) -> None:
        path = root / name
        content = json.loads(path.read_text(encoding="utf-8")) | values
        path.write_text(json.dumps({key: value for key, value in content.items() if value is not None}))

    return plant


def append(name: str, text: str) -> Plant:
    def plant(root: Path) -> None:
        with (root / name).open("a", encoding="utf-8") as file:
            file.write(text)

    return plant


MANIFEST = "custom_components/nezha/manifest.json"
FAULTS: dict[str, tuple[Plant, str]] = {
    "a key twice": (append("hacs.json", "x"), "hacs.json"),
    "an owner without an @": (change(MANIFEST, codeowners=["nezha-ha"]), "not of the form @name"),
    "a class that is none": (change(MANIFEST, iot_class="local"), "this iot_class"),
    "a type that is none": (change(MANIFEST, integration_type="app"), "this integration_type"),
    "no link": (change(MANIFEST, documentation="docs"), "documentation is not a link"),
    "no version": (change(MANIFEST, version=None), "version is missing"),
    "a version that is none": (change(MANIFEST, version="1.0"), "not of the form 1.2.3"),
    "a requirement of any version": (change(MANIFEST, requirements=["some-package>=1"]), "not pinned"),
    "keys in another order": (change(MANIFEST, dependencies=[]), "by the alphabet"),
    "another domain": (change(MANIFEST, domain="other"), "not the folder's name"),
    "a key that HACS does not know": (change("hacs.json", zip=True), "HACS does not know zip"),
    "no name for HACS": (change("hacs.json", name=None), "the name is missing"),
    "no licence": (lambda root: (root / "LICENSE").unlink(), "LICENSE is missing"),
    "no picture": (lambda root: (root / COMPONENT / "brand" / "icon.png").unlink(), "icon.png is missing"),
    "a picture of another size": (
        lambda root: shutil.copy(root / COMPONENT / "brand" / "icon@2x.png", root / COMPONENT / "brand" / "icon.png"),
        "512 × 512",
    ),
    "a logo that is too high": (
        lambda root: shutil.copy(root / COMPONENT / "brand" / "logo@2x.png", root / COMPONENT / "brand" / "logo.png"),
        "512 pixels high",
    ),
    "a second integration": (lambda root: (root / "custom_components" / "other").mkdir(), "and there is also other"),
    "texts of something unknown": (
        change(str(COMPONENT / "translations" / "en.json"), colours={}),
        "no texts of colours",
    ),
    "a field without a name": (
        append(str(COMPONENT / "services.yaml"), "    more:\n      selector:\n        text:\n"),
        "a field more without a name",
    ),
    "an action that nothing names": (append(str(COMPONENT / "services.yaml"), "\nmore: {}\n"), "more is missing in en"),
    "a rule without an answer": (
        append(str(COMPONENT / "quality_scale.yaml"), "  more: maybe\n"),
        "more is neither done",
    ),
    "an exemption without a reason": (
        append(str(COMPONENT / "quality_scale.yaml"), "  more:\n    status: exempt\n"),
        "exempt without a reason",
    ),
    "an icon that is none": (
        change(str(COMPONENT / "icons.json"), services={"get_servers": {"service": "fa:server"}}),
        "not an icon of mdi",
    ),
}


@pytest.mark.usefixtures("checkout")
def test_nothing_is_wrong() -> None:
    assert found() == []


@pytest.mark.parametrize(("plant", "text"), FAULTS.values(), ids=FAULTS)
def test_a_fault_is_found(checkout: Path, plant: Plant, text: str) -> None:
    plant(checkout)
    assert any(text in fault for fault in found()), found()


def test_the_path_of_a_machine_is_found(checkout: Path) -> None:
    (checkout / "note.md").write_text("See /" + "home/somebody/nezha.")
    assert found() == ["note.md:1: the path of a machine"]
