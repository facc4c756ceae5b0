"""The archive of a release is built by the very steps of the workflow, and works in a fresh place."""

from collections.abc import Mapping
import json
import os
from pathlib import Path
import re
import shutil
import subprocess
import sys
import zipfile

import pytest

from scripts.build_release import ReleaseError, check_changelog, version_of
from tests.mutations.runner import COPIED

from .workflows import ROOT, WORKFLOWS, steps

TAG = "v7.8.9b2"
VERSION = "7.8.9b2"


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a clone of the project as it is now, whose changelog knows the tag."""
    clone = tmp_path_factory.mktemp("release") / "clone"
    git("clone", "--quiet", "--no-hardlinks", str(ROOT), str(clone))
    listed = git("-C", str(ROOT), "ls-files", "-z", "--cached", "--others", "--exclude-standard")
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():
            (clone / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, clone / name)
    changelog = clone / "CHANGELOG.md"
    changelog.write_text(changelog.read_text().replace("\n## ", "\n## 7.8.9\n\nNew.\n\n## ", 1))
    git("-C", str(clone), "add", "--all")
    return clone


@pytest.fixture(scope="module")
def archive(checkout: Path) -> Path:
    """Return the archive that the workflow's own shell steps build."""
    workflow = next(path for path in WORKFLOWS if path.stem == "release")
    built = [step for step in steps(workflow) if "scripts/" in step.get("run", "")]
    assert built
    for step in built:
        shell(step["run"], checkout, {name: TAG for name, value in step["env"].items() if "tag_name" in value})
    return checkout / "nezha.zip"


def git(*arguments: str) -> str:
    return subprocess.run(["git", *arguments], check=True, capture_output=True, text=True).stdout


def shell(command: str, folder: Path, variables: Mapping[str, str]) -> str:
    path = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))
    return subprocess.run(
        ["bash", "-euo", "pipefail", "-c", command],
        cwd=folder,
        env={**os.environ, **variables, "PATH": path},
        check=True,
        capture_output=True,
        text=True,
    ).stdout


def test_the_archive_is_the_components_folder_and_nothing_else(archive: Path, checkout: Path) -> None:
    prefix = "custom_components/nezha/"
    listed = git("-C", str(checkout), "ls-files", "-z", prefix).split("\0")
    with zipfile.ZipFile(archive) as opened:
        assert sorted(opened.namelist()) == sorted(name.removeprefix(prefix) for name in listed if name)
        assert {"__init__.py", "manifest.json", "translations/en.json", "brand/icon.png"} <= set(opened.namelist())


def test_the_tag_gives_the_version_and_the_manifest_stays_as_it_is_otherwise(archive: Path) -> None:
    with zipfile.ZipFile(archive) as opened:
        released = json.loads(opened.read("manifest.json"))
    manifest = json.loads((ROOT / "custom_components" / "nezha" / "manifest.json").read_text())
    assert released == manifest | {"version": VERSION}
    assert list(released) == list(manifest)


def test_the_same_commit_and_tag_give_the_same_bytes(archive: Path, checkout: Path) -> None:
    before = archive.read_bytes()
    shell('python3 scripts/build_release.py "$TAG"', checkout, {"TAG": TAG})
    assert archive.read_bytes() == before


def test_hacs_finds_the_archive_by_its_name(archive: Path) -> None:
    hacs = json.loads((ROOT / "hacs.json").read_text())
    assert hacs["zip_release"] is True
    assert hacs["filename"] == archive.name


def test_the_unpacked_archive_sets_a_dashboard_up(archive: Path, tmp_path: Path) -> None:
    """The flow's own tests pass on what is in the archive, in a folder that has nothing else of the integration."""
    for name in COPIED:
        if (ROOT / name).exists() and name != "custom_components":
            shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy2(ROOT / "pyproject.toml", tmp_path)
    with zipfile.ZipFile(archive) as opened:
        opened.extractall(tmp_path / "custom_components" / "nezha")
    result = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-p",
            "no:cacheprovider",
            "tests/test_config_flow.py",
            "-k",
            "web_api or make_an_entry",
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stdout[-2000:]
    assert re.search(r"[1-9]\d* passed", result.stdout)


@pytest.mark.parametrize(("tag", "version"), [("v1.2.3", "1.2.3"), ("1.2.3", "1.2.3"), ("v1.2.3b4", "1.2.3b4")])
def test_a_tag_names_a_version(tag: str, version: str) -> None:
    assert version_of(tag) == version


@pytest.mark.parametrize("tag", ["", "v1.2", "v1.2.3-rc1", "main", "v1.2.3; true", "vv1.2.3"])
def test_a_tag_of_another_form_is_refused(tag: str) -> None:
    with pytest.raises(ReleaseError):
        version_of(tag)


def test_a_release_without_a_section_in_the_changelog_is_refused(tmp_path: Path) -> None:
    (tmp_path / "CHANGELOG.md").write_text("# Changelog\n\n## 1.0.0\n")
    check_changelog(tmp_path, "1.0.0b3")
    with pytest.raises(ReleaseError):
        check_changelog(tmp_path, "1.0.1")
