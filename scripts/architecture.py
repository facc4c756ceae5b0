"""Draw the integration's rooms and what imports what, from the code: python scripts/architecture.py.

Writes `docs/images/architecture.svg`, and its dark twin. A room is a package of the integration or the platforms beside them; an
arrow points from who imports to the nearest floor of what it imports.
"""

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from graphlib import TopologicalSorter
from pathlib import Path
import sys

ROOT = Path(__file__).resolve().parents[1]
INTEGRATION = ROOT / "custom_components" / "nezha"
IMAGES = ROOT / "docs" / "images"

PLATFORMS = "platforms"
"""Stands for the modules at the top that Home Assistant calls: platforms, automations, diagnostics."""
LAYERS = (
    (PLATFORMS, "sensor", "automation", "flow", "frontend"),
    ("entity",),
    ("runtime",),
    ("fleet",),
    ("api",),
)
"""The rooms from the top floor down: who stands higher may import from below, never the other way."""
SHARED = frozenset({"const", "costs", "figures", "markdown", "names", "repairs"})
"""Modules that every room but `api` and `fleet` may import: names, figures worked out once, and messages for the user."""


@dataclass(frozen=True, slots=True)
class Import:
    """One module of the integration imports another one; names with dots, from the integration's folder on."""

    importer: str
    imported: str


def modules() -> Mapping[str, Path]:
    """Return the integration's Python modules by their names."""
    found: dict[str, Path] = {}
    for path in sorted(INTEGRATION.rglob("*.py")):
        parts = path.relative_to(INTEGRATION).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def imports() -> Iterator[Import]:
    """Yield what the modules import of each other when they run, in functions too."""
    known = modules()
    for name, path in known.items():
        package = name.split(".") if path.name == "__init__.py" and name else name.split(".")[:-1]
        for node in _running(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.level:
                base = [*package[: len(package) - node.level + 1], *(node.module or "").split(".")]
                target = ".".join(part for part in base if part)
                for alias in node.names:
                    inner = f"{target}.{alias.name}".strip(".")
                    imported = inner if inner in known else target
                    if imported in known and imported != name:
                        yield Import(name, imported)


def _running(node: ast.AST) -> Iterator[ast.AST]:
    """Yield a node and all within it but what is for type checking only."""
    yield node
    for child in ast.iter_child_nodes(node):
        if not (isinstance(child, ast.If) and isinstance(child.test, ast.Name) and child.test.id == "TYPE_CHECKING"):
            yield from _running(child)


def foreign_imports(room: str) -> Iterator[tuple[str, str]]:
    """Yield the modules of a room with the top-level packages from elsewhere that they import."""
    for name, path in modules().items():
        if room_of(name) == room:
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Import):
                    yield from ((name, alias.name.split(".")[0]) for alias in node.names)
                elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
                    yield name, node.module.split(".")[0]


def room_of(module: str) -> str:
    """Return the room that a module stands in."""
    first = module.split(".", maxsplit=1)[0]
    return first if (INTEGRATION / first).is_dir() and first else PLATFORMS


def check_circles() -> None:
    """Raise CycleError if modules import each other in a circle; it names them."""
    graph: TopologicalSorter[str] = TopologicalSorter()
    for edge in imports():
        graph.add(edge.importer, edge.imported)
    graph.prepare()


def room_arrows() -> set[tuple[str, str]]:
    """Return which room imports from which."""
    arrows: set[tuple[str, str]] = set()
    for edge in imports():
        importer, imported = room_of(edge.importer), room_of(edge.imported)
        if importer != imported and edge.imported not in SHARED:
            arrows.add((importer, imported))
    return arrows


@dataclass(frozen=True, slots=True)
class _Box:
    """A room in the drawing, by its left upper corner."""

    x: float
    y: float
    width: float
    height: float


_WIDTH, _HEIGHT, _GAP, _FLOOR = 170, 64, 34, 128
_TITLES = {
    PLATFORMS: ("platforms", "one file each"),
    "sensor": ("sensor", "tables of descriptions"),
    "automation": ("automation", "what triggers share"),
    "flow": ("flow", "adding, changing, options"),
    "frontend": ("frontend", "dashboard and card"),
    "entity": ("entity", "base classes, the adder"),
    "runtime": ("runtime", "polls, follows, publishes, stores"),
    "fleet": ("fleet", "rules: clock, boots, online"),
    "api": ("api", "bytes to models"),
}


def _boxes() -> Mapping[str, _Box]:
    widest = max(len(layer) for layer in LAYERS)
    whole = widest * _WIDTH + (widest - 1) * _GAP
    boxes: dict[str, _Box] = {}
    for floor, layer in enumerate(LAYERS):
        width = len(layer) * _WIDTH + (len(layer) - 1) * _GAP
        left = (whole - width) / 2 + _GAP
        for place, room in enumerate(layer):
            boxes[room] = _Box(left + place * (_WIDTH + _GAP), _GAP + floor * _FLOOR, _WIDTH, _HEIGHT)
    return boxes


def _nearest_arrows() -> Iterator[tuple[str, str]]:
    """Yield from each room the arrow to the nearest floor below: what is passed down further would hide the rest."""
    below: dict[str, list[str]] = {}
    for importer, imported in room_arrows():
        if floors()[importer] < floors()[imported]:
            below.setdefault(importer, []).append(imported)
    for importer, rooms in below.items():
        yield importer, min(rooms, key=lambda room: floors()[room])


def draw(*, dark: bool) -> str:
    """Return the drawing as SVG."""
    boxes = _boxes()
    width = max(box.x + box.width for box in boxes.values()) + _GAP
    height = max(box.y + box.height for box in boxes.values()) + _GAP
    ink, faint, fill, paper = (
        ("#e1e1e1", "#9b9b9b", "#26343c", "#111111") if dark else ("#212121", "#727272", "#e1f3fb", "#ffffff")
    )
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" font-family="sans-serif">',
        f'<rect width="{width:g}" height="{height:g}" fill="{paper}"/>',
        (
            '<defs><marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
            f'<path d="M0 0L8 4L0 8z" fill="{faint}"/></marker></defs>'
        ),
    ]
    for importer, imported in sorted(_nearest_arrows()):
        start, end = boxes[importer], boxes[imported]
        x1, y1 = start.x + start.width / 2, start.y + start.height
        x2, y2 = end.x + end.width / 2, end.y
        middle = (y1 + y2) / 2
        lines.append(
            f'<path d="M{x1:g} {y1:g}C{x1:g} {middle:g} {x2:g} {middle:g} {x2:g} {y2:g}" fill="none" '
            f'stroke="{faint}" marker-end="url(#arrow)"/>'
        )
    for room, box in boxes.items():
        title, subtitle = _TITLES[room]
        centre = box.x + box.width / 2
        lines += [
            f'<rect x="{box.x:g}" y="{box.y:g}" width="{box.width:g}" height="{box.height:g}" rx="10" fill="{fill}" stroke="{faint}"/>',
            f'<text x="{centre:g}" y="{box.y + 28:g}" text-anchor="middle" font-size="16" fill="{ink}">{title}</text>',
            f'<text x="{centre:g}" y="{box.y + 48:g}" text-anchor="middle" font-size="10.5" fill="{ink}">{subtitle}</text>',
        ]
    return "\n".join([*lines, "</svg>\n"])


def main() -> int:
    """Write the drawings."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    for name, dark in (("architecture.svg", False), ("architecture-dark.svg", True)):
        (IMAGES / name).write_text(draw(dark=dark), encoding="utf-8")
    return 0


def floors() -> Mapping[str, int]:
    """Return each room's floor, 0 at the top."""
    return {room: floor for floor, layer in enumerate(LAYERS) for room in layer}


def higher_than(importer: str, imported: str) -> bool:
    """Whether a room stands above another one, or beside it on the top floor, where rooms may share a base."""
    of = floors()
    return of[importer] < of[imported] or (of[importer] == of[imported] == 0)


if __name__ == "__main__":
    sys.exit(main())
