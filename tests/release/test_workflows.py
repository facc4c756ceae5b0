"""The workflows cannot run here: what can be known without running them is tested."""

import os
from pathlib import Path
import re

import pytest

from .workflows import ROOT, WORKFLOWS, jobs, load, steps

PINNED = re.compile(r"[\w.-]+/[\w./-]+@[0-9a-f]{40}")
COMMENTED = re.compile(r"uses: \S+@[0-9a-f]{40} # \S+")
COMMAND = re.compile(r"(?<![\w/.-])((?:scripts|\.ci)/[\w./-]+)")

by_name = pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.stem)


def test_all_workflows_are_there() -> None:
    """A test over no file would pass."""
    assert {path.stem for path in WORKFLOWS} == {"browser", "lint", "nightly", "release", "test", "validate"}


@by_name
class TestSafety:
    def test_an_action_is_pinned_by_commit_and_says_its_version(self, workflow: Path) -> None:
        for step in steps(workflow):
            if "uses" in step:
                assert PINNED.fullmatch(step["uses"]), step["uses"]
        for line in workflow.read_text(encoding="utf-8").splitlines():
            if "uses:" in line:
                assert COMMENTED.search(line), line

    def test_nothing_is_permitted_but_what_a_job_names(self, workflow: Path) -> None:
        assert load(workflow)["permissions"] == {}
        for name, job in jobs(workflow).items():
            assert job["permissions"], name
            if workflow.stem != "release":
                assert job["permissions"] == {"contents": "read"}, name

    def test_no_token_stays_in_the_checkout(self, workflow: Path) -> None:
        for step in steps(workflow):
            if step.get("uses", "").startswith("actions/checkout@"):
                assert step["with"]["persist-credentials"] is False

    def test_what_others_write_reaches_a_shell_as_a_variable_only(self, workflow: Path) -> None:
        for step in steps(workflow):
            assert "${{" not in step.get("run", "")

    def test_a_job_ends(self, workflow: Path) -> None:
        for name, job in jobs(workflow).items():
            assert 0 < job["timeout-minutes"] <= 180, name


@by_name
def test_each_command_exists_and_can_be_executed(workflow: Path) -> None:
    for step in steps(workflow):
        for command in COMMAND.findall(step.get("run", "")):
            path = ROOT / command
            assert path.is_file(), command
            assert command.endswith(".py") or os.access(path, os.X_OK), command


def test_each_check_of_ci_runs_on_github_too() -> None:
    everything = "\n".join(path.read_text(encoding="utf-8") for path in WORKFLOWS)
    commands = re.findall(r"^\s*run (scripts/\S+)", (ROOT / ".ci" / "run").read_text(encoding="utf-8"), re.MULTILINE)
    assert commands
    for command in commands:
        assert command in everything or command in (ROOT / ".ci" / "nightly").read_text(encoding="utf-8")


@pytest.mark.parametrize("path", [".vscode/tasks.json", ".devcontainer/devcontainer.json", ".pre-commit-config.yaml"])
def test_the_editors_call_the_projects_own_commands(path: str) -> None:
    commands = COMMAND.findall((ROOT / path).read_text(encoding="utf-8"))
    assert commands
    for command in commands:
        assert os.access(ROOT / command, os.X_OK), command
