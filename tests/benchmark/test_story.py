from scripts.benchmarks.story import Story
from simulator import Dashboard


def test_it_is_told_to_and_fro_and_never_ends() -> None:
    story = Story.recorded()
    dashboard = Dashboard(lambda: 1_800_000_000)
    server = dashboard.add_server("quiet")
    dashboard.advance()
    length = story.times[-1]
    # A server is at another place of the story for each number.
    start = -7 * server.id

    def told(seconds: float) -> float:
        return story.state(server, start + seconds).load_5

    assert told(0) == story.states[0].load_5
    assert told(length) == story.states[-1].load_5
    assert told(2 * length) == told(0)
    assert told(length + 10) == told(length - 10)


def test_the_server_in_it_was_idle() -> None:
    story = Story.recorded()
    assert max(state.cpu for state in story.states[1:]) < 10
    assert {state.net_in_speed for state in story.states} == {0}
    assert all(state.mem_used < story.totals["mem_total"] for state in story.states)


def test_the_uptime_goes_on_as_the_simulator_has_it() -> None:
    dashboard = Dashboard(lambda: 1_800_000_000)
    server = dashboard.add_server("quiet")
    dashboard.advance()
    assert Story.recorded().state(server, 1_800_000_000).uptime == server.state.uptime
