import pytest

from scripts.benchmarks.figures import Figure, line, short, table


def test_a_figure_is_the_median_with_its_quartiles() -> None:
    assert Figure.of([5, 1, 2, 4, 3]) == Figure(median=3, low=2, high=4, runs=5)


def test_a_single_run_has_no_spread() -> None:
    assert str(Figure.of([7.0])) == "7"


def test_a_ratio_is_taken_run_by_run() -> None:
    assert Figure.ratio([10, 200, 40], [5, 100, 10]).median == 2


@pytest.mark.parametrize(("ours", "met", "gross"), [(2, True, False), (2.1, False, False), (3.6, False, True)])
def test_a_goal_is_for_the_ratio(ours: float, met: bool, gross: bool) -> None:
    judged = line("CPU", 10, [ours], "ms", beside="floor", theirs=[1], goal=2).goal
    assert (judged.met, judged.gross) == (met, gross)


def test_without_anything_beside_it_a_goal_is_for_the_figure() -> None:
    assert not line("Longest callback", 10, [101], "ms", goal=100).goal.met


@pytest.mark.parametrize(
    ("value", "text"), [(0.123, "0.12"), (1.5, "1.50"), (12.34, "12.3"), (123.4, "123"), (12345.6, "12,346"), (4, "4")]
)
def test_a_number_has_three_digits_that_count(value: float, text: str) -> None:
    assert short(value) == text


def test_the_table_is_markdown_with_straight_columns() -> None:
    lines = [
        line("CPU", 1000, [30.0, 31.0, 32.0], "ms", beside="floor", theirs=[15.0, 15.5, 16.0], goal=2),
        line("Requests", 10, [1], ""),
    ]
    head, rule, first, second = table(lines).splitlines()
    assert [cell.strip() for cell in first.strip("|").split("|")] == [
        "CPU",
        "1,000",
        "31 (30.5–31.5) ms",
        "floor: 15.5 (15.2–15.8) ms",
        "2 (2–2) ×",
        "≤ 2: met",
    ]
    assert second.startswith("| Requests | 10 ")
    assert set(rule) == {"|", "-", " "}
    assert len({len(row) for row in (head, rule, first, second)}) == 1
