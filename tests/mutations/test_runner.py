"""The runner itself, with a project of one line."""

from pathlib import Path

import pytest

from .runner import Mutation, MutationError, judge
from .table import MUTATIONS

HOUSE = "custom_components/house/house.py"
SOURCE = """from sys import maxsize

# The answer to everything.
ANSWER = 42
OTHER = 42
"""
TESTS = """from house import house

def test_there_is_an_answer():
    assert house.ANSWER

def test_it_is_right():
    assert house.ANSWER == 42
"""
VERDICTS = {
    ("# The answer to everything.", "# A number."): "SURVIVED",
    ("\nANSWER = 42", "\nANSWER = 43"): "tests/test_house.py::test_it_is_right - assert 43 == 42",
    ("import maxsize", "import nothing"): "PYTEST ENDED WITH 2: 1 error in ",
    ("\nANSWER = 42", "\nANSWER = "): "NO PYTHON: invalid syntax (house.py, line 4)",
    ("= 42", "= 43"): f"STALE: 2 times in {HOUSE}: = 42",
    ("= 41", "= 43"): f"STALE: 0 times in {HOUSE}: = 41",
}
"""What is replaced by what, and what becomes of it."""


@pytest.fixture
def auto_enable_custom_integrations() -> None:
    """Do without Home Assistant."""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a project whose tests pass, without a plugin: so pytest starts in no time."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    for name in ("custom_components/house", "tests"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / HOUSE).write_text(SOURCE)
    (tmp_path / "tests/test_house.py").write_text(TESTS)
    (tmp_path / "pyproject.toml").write_text("[tool.pytest.ini_options]\npythonpath = ['custom_components']\n")
    return tmp_path


def mutation(old: str, new: str, tests: str = "tests/test_house.py") -> Mutation:
    """Return a mutation of the house."""
    return Mutation("is wrong", HOUSE, old, new, (tests,))


def test_what_becomes_of_a_mutation(project: Path) -> None:
    verdicts = list(judge(project, [mutation(old, new) for old, new in VERDICTS]))
    words = [verdict.word for verdict in verdicts]
    assert [word for word, begin in zip(words, VERDICTS.values(), strict=True) if not word.startswith(begin)] == []
    assert [verdict.mutation.new for verdict in verdicts if verdict.noticed] == ["\nANSWER = 43"]
    assert (project / HOUSE).read_text() == SOURCE, "the project itself stays as it is"


def test_the_tests_have_to_pass_without_a_mutation(project: Path) -> None:
    (project / "tests/test_house.py").write_text(TESTS.replace("== 42", "== 41"))
    with pytest.raises(MutationError, match="test_it_is_right - assert 42 == 41"):
        list(judge(project, [mutation("\nANSWER = 42", "\nANSWER = 41")]))


def test_tests_that_are_none_notice_nothing(project: Path) -> None:
    with pytest.raises(MutationError, match="test_that_is_none"):
        list(judge(project, [mutation("\nANSWER = 42", "\nANSWER = 0", "tests/test_house.py::test_that_is_none")]))


def test_no_mutation_is_stale() -> None:
    root = Path(__file__).parents[2]
    assert [mutation.old for mutation in MUTATIONS if (root / mutation.file).read_text().count(mutation.old) != 1] == []
