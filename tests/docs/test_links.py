"""Each link, anchor and picture of a document leads somewhere."""

from pathlib import Path
import re
import subprocess

import pytest

ROOT = Path(__file__).resolve().parents[2]
LARGEST_PICTURE = 200 * 1000
"""Bytes."""

_FENCE = re.compile(r"^( *)(```+).*?^\1\2\s*$", re.MULTILINE | re.DOTALL)
_CODE = re.compile(r"`[^`\n]*`")
_LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
_SOURCE = re.compile(r"(?:src|srcset|href)=\"([^\"]+)\"")
_HEADING = re.compile(r"^#{1,6} +(.+?)\s*$", re.MULTILINE)


def _documents() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "*.md"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    paths = (ROOT / name for name in listed.stdout.decode().split("\0") if name)
    return sorted(path for path in paths if path.is_file() and ".github" not in path.parts)


DOCUMENTS = _documents()
document = pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))


def prose(path: Path) -> str:
    """Return a document without its code."""
    return _FENCE.sub("", path.read_text(encoding="utf-8"))


def _links(path: Path) -> list[str]:
    text = _CODE.sub("", prose(path))
    return [*_LINK.findall(text), *_SOURCE.findall(text)]


def anchors_of(path: Path) -> set[str]:
    """Return the anchors that GitHub gives to the headings."""
    anchors: set[str] = set()
    for heading in _HEADING.findall(prose(path)):
        plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).replace("`", "").replace("*", "").lower()
        anchor = re.sub(r"[^\w\- ]", "", plain).replace(" ", "-")
        turn = 0
        while (name := f"{anchor}-{turn}" if turn else anchor) in anchors:
            turn += 1
        anchors.add(name)
    return anchors


def test_there_are_documents() -> None:
    assert ROOT / "README.md" in DOCUMENTS


@document
def test_links_to_files_and_anchors_lead_somewhere(document: Path) -> None:
    broken = []
    for link in _links(document):
        if re.match(r"[a-z]+:", link):
            continue
        name, _, anchor = link.partition("#")
        target = (document.parent / name).resolve() if name else document
        if not target.exists() or (anchor and anchor not in anchors_of(target)):
            broken.append(link)
    assert broken == []


@document
def test_links_elsewhere_are_https(document: Path) -> None:
    assert [link for link in _links(document) if re.match(r"[a-z]+:", link) and not link.startswith("https://")] == []


def test_no_picture_is_large() -> None:
    pictures = [path for path in (ROOT / "docs").rglob("*") if path.suffix in {".png", ".jpg", ".svg", ".webp"}]
    assert pictures
    assert {
        str(path.relative_to(ROOT)): size for path in pictures if (size := path.stat().st_size) > LARGEST_PICTURE
    } == {}


def test_each_picture_is_used() -> None:
    used = {
        (path.parent / link).resolve() for path in DOCUMENTS for link in _links(path) if not re.match(r"[a-z]+:", link)
    }
    pictures = {path for path in (ROOT / "docs" / "images").rglob("*") if path.is_file()}
    assert pictures - used == set()


def test_each_picture_of_a_page_is_there_light_and_dark_in_each_language() -> None:
    folder = ROOT / "docs" / "images"
    english, chinese = ({path.stem for path in each.glob("*.png")} for each in (folder, folder / "zh-Hans"))
    assert english == chinese
    light = {name for name in english if not name.endswith("-dark")}
    assert english == light | {f"{name}-dark" for name in light}


@document
def test_a_document_shows_pictures_in_its_own_language(document: Path) -> None:
    of_chinese = "zh-Hans" in document.parts
    shown = [link for link in _links(document) if link.endswith(".png")]
    assert [link for link in shown if ("zh-Hans" in link) is not of_chinese] == []


def test_every_english_document_has_its_chinese_twin() -> None:
    english = {path.name for path in (ROOT / "docs").glob("*.md")}
    chinese = {path.name for path in (ROOT / "docs" / "zh-Hans").glob("*.md")}
    only_english = {"development.md", "performance.md", "soak.md"}
    """For contributors, who read the code's English too."""
    assert english - only_english == chinese - {"README.md", "security.md"}
