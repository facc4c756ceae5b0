"""Check the integration's files as hassfest and the HACS action do, which no package brings."""

from collections.abc import Callable, Iterator
from pathlib import Path
import re
import struct
import subprocess
import sys

import yaml

from scripts.languages import SOURCE, faults, flat, read_json

ROOT = Path(__file__).resolve().parents[1]
INTEGRATION = ROOT / "custom_components" / "nezha"
HACS_KEYS = {
    *("content_in_root", "country", "filename", "hacs", "hide_default_branch", "homeassistant", "name"),
    *("persistent_directory", "render_readme", "zip_release"),
}
MANIFEST_KEYS = {
    "codeowners",
    "documentation",
    "domain",
    "integration_type",
    "iot_class",
    "issue_tracker",
    "name",
    "version",
}
IOT_CLASSES = {"assumed_state", "calculated", "cloud_polling", "cloud_push", "local_polling", "local_push"}
INTEGRATION_TYPES = {"device", "entity", "hardware", "helper", "hub", "service", "system", "virtual"}
TEXTS = {
    *(
        "common",
        "conditions",
        "config",
        "config_panel",
        "config_subentries",
        "conversation",
        "device",
        "device_automation",
    ),
    *("entity", "entity_component", "exceptions", "issues", "options", "selector", "services", "title", "triggers"),
}
"""What translations may be of."""
PICTURES = {"icon.png": (256, 256), "icon@2x.png": (512, 512)}
"""Their width and height; logos are as wide as they need."""
LOGO_HEIGHTS = {"": range(128, 257), "@2x": range(256, 513)}
RULE_STATES = {"done", "exempt", "todo"}
# Written in two parts, so that this file does not find itself.
MACHINE_PATHS = re.compile("|".join(("/ho" + "me/", "/ro" + "ot/", "/wo" + "rk/", "/Use" + "rs/")))

type Checks = Iterator[str]
"""What a check finds wrong, one text each."""


def _files() -> list[Path]:
    """Return all files that are or would be in the repository."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    paths = (ROOT / name for name in listed.stdout.decode().split("\0") if name)
    return [path for path in paths if path.is_file()]


def check_json() -> Checks:
    """Check that each JSON file can be read."""
    for path in _files():
        if path.suffix == ".json":
            try:
                read_json(path)
            except ValueError as err:
                yield f"{path.relative_to(ROOT)}: {err}"


def check_manifest() -> Checks:
    """Check the manifest."""
    manifest = read_json(INTEGRATION / "manifest.json")
    keys = list(manifest)
    if keys != ["domain", "name", *sorted(set(keys) - {"domain", "name"})]:
        yield "manifest.json: the keys have to be domain, name, then the others by the alphabet"
    for key in sorted(MANIFEST_KEYS - set(keys)):
        yield f"manifest.json: {key} is missing"
    if manifest.get("domain") != INTEGRATION.name:
        yield "manifest.json: the domain is not the folder's name"
    if not re.fullmatch(r"\d+\.\d+\.\d+(b\d+)?", str(manifest.get("version"))):
        yield "manifest.json: the version is not of the form 1.2.3"
    if not all(re.fullmatch(r"@[\w-]+", owner) for owner in manifest.get("codeowners") or [""]):
        yield "manifest.json: a code owner is not of the form @name"
    for key in ("documentation", "issue_tracker"):
        if not str(manifest.get(key)).startswith("https://"):
            yield f"manifest.json: {key} is not a link"
    for key, known in (("iot_class", IOT_CLASSES), ("integration_type", INTEGRATION_TYPES)):
        if manifest.get(key) not in known:
            yield f"manifest.json: Home Assistant does not know this {key}"
    for requirement in manifest.get("requirements", []):
        if "==" not in requirement:
            yield f"manifest.json: {requirement} is not pinned"


def check_translations() -> Checks:
    """Check that all languages say the same things, in the syntax of messages, and in no other language."""
    yield from faults(INTEGRATION / "translations", INTEGRATION / "frontend" / "web" / "texts")
    for key in sorted({*read_json(INTEGRATION / "translations" / f"{SOURCE}.json")} - TEXTS):
        yield f"{SOURCE}.json: Home Assistant knows no texts of {key}"


def check_pictures() -> Checks:
    """Check the brand's pictures, which Home Assistant shows where it shows an integration's."""
    folder = INTEGRATION / "brand"
    for name, size in PICTURES.items():
        if not (folder / name).exists():
            yield f"brand/{name} is missing"
        elif (found := _size(folder / name)) != size:
            yield f"brand/{name} has {found[0]} × {found[1]} pixels"
    for path in sorted(folder.glob("*logo*.png")):
        if _size(path)[1] not in LOGO_HEIGHTS["@2x" if path.stem.endswith("@2x") else ""]:
            yield f"brand/{path.name} is {_size(path)[1]} pixels high"


def _size(picture: Path) -> tuple[int, int]:
    """Return the width and the height of a PNG, which its first chunk says."""
    width, height = struct.unpack(">II", picture.read_bytes()[16:24])
    return width, height


def check_icons() -> Checks:
    """Check that each icon belongs to something that has a name."""
    path = INTEGRATION / "icons.json"
    if not path.exists():
        yield "icons.json is missing"
        return
    icons, texts = read_json(path), read_json(INTEGRATION / "translations" / "en.json")
    for kind, entries in icons.items():
        named = texts.get(kind, {})
        for group, items in entries.items():
            if group not in named:
                yield f"icons.json: {kind}.{group} is not in the translations"
            elif kind == "entity":
                yield from (
                    f"icons.json: {kind}.{group}.{key} is not in the translations"
                    for key in items
                    if key not in named[group]
                )
    for key, icon in flat(icons).items():
        if not re.fullmatch(r"mdi:[a-z0-9-]+", icon):
            yield f"icons.json: {key} is not an icon of mdi"


def check_described(kind: str) -> Checks:
    """Check that services, triggers and conditions are described, named and have an icon."""
    path, icons = INTEGRATION / f"{kind}.yaml", INTEGRATION / "icons.json"
    described = (yaml.safe_load(path.read_text(encoding="utf-8")) or {}) if path.exists() else {}
    described = {name: about or {} for name, about in described.items() if not name.startswith((".", "_"))}
    texts = read_json(INTEGRATION / "translations" / "en.json").get(kind, {})
    for name, about in described.items():
        for field in about.get("fields", {}):
            if not texts.get(name, {}).get("fields", {}).get(field, {}).get("name"):
                yield f"{kind}: {name} has a field {field} without a name"
    for source, names in (
        ("en.json", set(texts)),
        ("icons.json", set(read_json(icons).get(kind, {}) if icons.exists() else ())),
    ):
        for name in sorted(described.keys() ^ names):
            yield f"{kind}: {name} is {f'missing in {source}' if name in described else f'only in {source}'}"


def check_quality_scale() -> Checks:
    """Check that each rule has an answer, and each exemption a reason."""
    path = INTEGRATION / "quality_scale.yaml"
    if not path.exists():
        yield "quality_scale.yaml is missing"
        return
    for rule, answer in yaml.safe_load(path.read_text(encoding="utf-8"))["rules"].items():
        state = answer["status"] if isinstance(answer, dict) else answer
        if state not in RULE_STATES:
            yield f"quality_scale.yaml: {rule} is neither done nor exempt nor todo"
        if state == "exempt" and not answer.get("comment"):
            yield f"quality_scale.yaml: {rule} is exempt without a reason"


def check_repository() -> Checks:
    """Check what HACS asks of a repository."""
    for key in sorted(set(read_json(ROOT / "hacs.json")) - HACS_KEYS):
        yield f"hacs.json: HACS does not know {key}"
    if not read_json(ROOT / "hacs.json").get("name"):
        yield "hacs.json: the name is missing"
    for path in (ROOT / "README.md", ROOT / "LICENSE"):
        if not path.exists():
            yield f"{path.relative_to(ROOT)} is missing"
    if others := [path.name for path in INTEGRATION.parent.iterdir() if path.is_dir() and path != INTEGRATION]:
        if others != ["__pycache__"]:
            yield f"custom_components: HACS installs one integration, and there is also {', '.join(others)}"


def check_paths() -> Checks:
    """Check that nothing names a folder of somebody's machine."""
    for path in _files():
        try:
            lines = path.read_text(encoding="utf-8").splitlines()
        except UnicodeDecodeError:
            continue
        for number, line in enumerate(lines, start=1):
            if MACHINE_PATHS.search(line):
                yield f"{path.relative_to(ROOT)}:{number}: the path of a machine"


CHECKS: tuple[Callable[[], Checks], ...] = (
    check_manifest,
    check_translations,
    check_pictures,
    check_icons,
    lambda: check_described("services"),
    lambda: check_described("triggers"),
    lambda: check_described("conditions"),
    check_quality_scale,
    check_repository,
    check_paths,
)


def main() -> int:
    """Print what is wrong."""
    # The other checks read JSON files; one that cannot be read is said once, and plainly.
    found = list(check_json()) or [text for check in CHECKS for text in check()]
    for text in found:
        print(text)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
