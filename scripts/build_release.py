"""Build `nezha.zip`, the archive that HACS installs: python3 scripts/build_release.py TAG.

The archive holds the content of `custom_components/nezha` as it is in git, with the tag's version in the manifest. The same
commit and tag give the same bytes.
"""

import argparse
import json
from pathlib import Path
import re
import subprocess
import sys
import zipfile

ROOT = Path(__file__).resolve().parents[1]
INTEGRATION = "custom_components/nezha"
ARCHIVE = "nezha.zip"
_TAG = re.compile(r"v?(\d+\.\d+\.\d+(?:b\d+)?)")
_OLDEST_DATE = (1980, 1, 1, 0, 0, 0)
"""The oldest that a zip knows; every file has it."""


class ReleaseError(Exception):
    """The tag cannot be released; the text says why."""


def version_of(tag: str) -> str:
    """Return the version that a tag names. Raises `ReleaseError`."""
    if (match := _TAG.fullmatch(tag)) is None:
        raise ReleaseError(f"{tag} is not of the form v1.2.3 or v1.2.3b4")
    return match[1]


def check_changelog(root: Path, version: str) -> None:
    """Check that the changelog has a section of this version; a beta is described by the release it leads to.

    Raises `ReleaseError`.
    """
    wanted = version.partition("b")[0]
    changelog = (root / "CHANGELOG.md").read_text(encoding="utf-8")
    if not re.search(rf"^## {re.escape(wanted)}\b", changelog, re.MULTILINE):
        raise ReleaseError(f"CHANGELOG.md has no section {wanted}")


def build(root: Path, tag: str) -> Path:
    """Write the archive into the checkout's root and return its path. Raises `ReleaseError`."""
    version = version_of(tag)
    check_changelog(root, version)
    manifest_path = root / INTEGRATION / "manifest.json"
    manifest = json.loads(manifest_path.read_text(encoding="utf-8"))
    manifest_path.write_text(f"{json.dumps(manifest | {'version': version}, indent=2)}\n", encoding="utf-8")
    listed = subprocess.run(["git", "ls-files", "-z", INTEGRATION], cwd=root, capture_output=True, check=True)
    names = sorted(name for name in listed.stdout.decode().split("\0") if name)
    archive = root / ARCHIVE
    with zipfile.ZipFile(archive, "w") as target:
        for name in names:
            entry = zipfile.ZipInfo(name.removeprefix(f"{INTEGRATION}/"), _OLDEST_DATE)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            target.writestr(entry, (root / name).read_bytes())
    return archive


def main() -> int:
    """Build the archive of the tag that is named on the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("tag", help="the tag of the release, such as v1.2.3")
    try:
        archive = build(ROOT, parser.parse_args().tag)
    except ReleaseError as err:
        print(f"No release: {err}", file=sys.stderr)
        return 1
    print(archive)
    return 0


if __name__ == "__main__":
    sys.exit(main())
