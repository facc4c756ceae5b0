"""A pytest plugin: a test that was skipped or expected to fail has shown nothing, so the run fails."""

import pytest

HIDDEN = ("skipped", "xfailed", "xpassed")


def hidden(config: pytest.Config) -> dict[str, int]:
    """Count the tests that did not count; the workers of xdist have no reporter and leave it to their controller."""
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    return {kind: len(reporter.stats[kind]) for kind in HIDDEN if reporter and kind in reporter.stats}


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Turn a green run red."""
    if session.exitstatus == pytest.ExitCode.OK and hidden(session.config):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say why."""
    for kind, count in hidden(terminalreporter.config).items():
        terminalreporter.write_line(f"Every test has to run and to pass: {count} {kind}", red=True)
