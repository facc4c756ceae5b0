"""Applies one mutation at a time to a copy of the project, and runs the tests that are expected to notice."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from os import environ
from pathlib import Path
import re
import shutil
import subprocess
import sys
from tempfile import TemporaryDirectory

COPIED = ("custom_components", "harness", "scripts", "simulator", "tests")
AT_A_TIME = 2
TEST_TIMEOUT = 20
RUN_TIMEOUT = 300
"""Seconds for one test, which may hang with a mutation, and for all of them."""
FAILED = re.compile(r"^(?:FAILED|ERROR) (\S+?::.*)$", re.MULTILINE)
"""A test that failed, or did when it was torn down. What cannot be collected has no `::`."""


class MutationError(Exception):
    """Nothing can be said about a mutation."""


@dataclass(frozen=True, slots=True)
class Mutation:
    """A falsification of one line."""

    falsehood: str
    """What it does."""
    file: str
    old: str
    """Stands in the file exactly once; with the line before where the line alone does not."""
    new: str
    tests: tuple[str, ...]
    """Those that have to notice: files, classes or single tests."""

    def apply(self, tree: Path) -> None:
        """Change a copy of the project. Raises `MutationError`."""
        (tree / self.file).write_text(self.applied(tree))

    def applied(self, tree: Path) -> str:
        """Return the file with the falsification. Raises `MutationError` where it is stale."""
        path = tree / self.file
        source = path.read_text() if path.exists() else ""
        if (count := source.count(self.old)) != 1:
            raise MutationError(f"STALE: {count} times in {self.file}: {self.old}")
        mutated = source.replace(self.old, self.new)
        try:
            compile(mutated, path, "exec")
        except SyntaxError as err:
            raise MutationError(f"NO PYTHON: {err}") from err
        return mutated


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a mutation."""

    mutation: Mutation
    noticed: bool
    word: str
    """The first test that failed, and how; or why none did."""


def require_fresh(root: Path, mutations: Sequence[Mutation]) -> None:
    """Raise `MutationError` unless every mutation can be applied: that takes no test."""
    for mutation in mutations:
        mutation.applied(root)


def judge(root: Path, mutations: Sequence[Mutation]) -> Iterator[Verdict]:
    """Try all mutations, two at a time. Raises `MutationError` where their tests fail without any."""
    with TemporaryDirectory(prefix="mutations-") as folder, ThreadPoolExecutor(AT_A_TIME) as pool:
        sound = Path(folder) / "sound"
        for name in COPIED:
            if (root / name).exists():
                shutil.copytree(root / name, sound / name, ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copy2(root / "pyproject.toml", sound)
        tests = list(dict.fromkeys(test for mutation in mutations for test in mutation.tests))
        shares = [share for number in range(AT_A_TIME) if (share := tests[number::AT_A_TIME])]
        for result in pool.map(lambda share: _pytest(sound, *share), shares):
            if result.returncode != 0:
                said = f"{result.stdout[-2000:]}{result.stderr[-2000:]}"
                raise MutationError(f"The tests fail without a mutation:\n{said}")
        yield from pool.map(lambda mutation: _try(sound, mutation), mutations)


def _try(sound: Path, mutation: Mutation) -> Verdict:
    with TemporaryDirectory(dir=sound.parent) as folder:
        tree = Path(folder)
        shutil.copytree(sound, tree, dirs_exist_ok=True)
        try:
            mutation.apply(tree)
            result = _pytest(tree, "--exitfirst", *mutation.tests)
        except MutationError as err:
            return Verdict(mutation, noticed=False, word=str(err))
    failed = FAILED.search(result.stdout)
    match result.returncode:
        case 0:
            return Verdict(mutation, noticed=False, word="SURVIVED")
        case 1 if failed:
            return Verdict(mutation, noticed=True, word=failed[1])
        case code:
            said = (result.stdout + result.stderr).strip().splitlines()[-1:]
            return Verdict(mutation, noticed=False, word=f"PYTEST ENDED WITH {code}: {''.join(said)}")


def _pytest(tree: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run tests in a copy of the project. Raises `MutationError` where they do not end."""
    command = (sys.executable, "-m", "pytest", "-q", "-rfE", "-p", "no:cacheprovider", "--show-capture=no", *arguments)
    env = environ | {
        "PYTEST_TIMEOUT": str(TEST_TIMEOUT),
        "COLUMNS": "200",
        # Compiling all of Home Assistant takes longer than most tests: once is enough.
        "PYTHONDONTWRITEBYTECODE": "",
        "PYTHONPYCACHEPREFIX": str(tree.parent / "compiled"),
    }
    try:
        return subprocess.run(
            command, cwd=tree, env=env, text=True, capture_output=True, check=False, timeout=RUN_TIMEOUT
        )
    except subprocess.TimeoutExpired as err:
        raise MutationError(f"NO END within {RUN_TIMEOUT} s") from err
