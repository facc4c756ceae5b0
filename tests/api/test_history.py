"""What is read of a server's past: as recorded, and what is asked for."""

import json
from pathlib import Path
from typing import Any

import pytest

from custom_components.nezha.api import Metric, Period, Point
from custom_components.nezha.api.errors import ProtocolError
from custom_components.nezha.api.history import decode_probes, decode_series
from custom_components.nezha.api.limits import MOST_POINTS, MOST_SERVICES

RECORDINGS = Path(__file__).parents[1] / "recordings" / "v2-control"


def recorded(name: str) -> Any:
    """Return the data of a recorded exchange."""
    return json.loads((RECORDINGS / f"{name}.json").read_text(encoding="utf-8"))["body"].get("data")


class TestSeries:
    """A metric of a server."""

    def test_a_day(self) -> None:
        assert decode_series(Metric.CPU, recorded("server_metrics_cpu_1d")) == [
            Point(1_795_687_320, 5.995031505177667),
            Point(1_795_687_350, 7.458584605486),
        ]

    @pytest.mark.parametrize(("period", "name"), [(Period.WEEK, "7d"), (Period.MONTH, "30d")])
    def test_longer_ones_begin_at_whole_steps(self, period: Period, name: str) -> None:
        (point,) = decode_series(Metric.CPU, recorded(f"server_metrics_cpu_{name}"))
        assert point.start % period.step == 0

    def test_a_counter(self) -> None:
        points = decode_series(Metric.NET_IN_TRANSFER, recorded("server_metrics_net_in_transfer_1d"))
        assert [point.value for point in points] == [288_930_920_027, 288_931_519_019]

    def test_none(self) -> None:
        assert decode_series(Metric.CPU, {"data_points": []}) == decode_series(Metric.CPU, {}) == []

    @pytest.mark.parametrize("point", [None, 7, {}, {"ts": 1_000}, {"ts": 0, "value": 1}, {"ts": "1", "value": 1}])
    def test_a_point_that_cannot_be_read_costs_itself_alone(self, point: object) -> None:
        told = {"data_points": [{"ts": 1_000, "value": 1}, point, {"ts": 2_000, "value": 2}]}
        assert decode_series(Metric.CPU, told) == [Point(1, 1), Point(2, 2)]

    @pytest.mark.parametrize(
        ("metric", "value"),
        [
            (Metric.CPU, 5_000),
            (Metric.MEMORY, -1),
            (Metric.NET_IN_SPEED, 1e14),
            (Metric.UPTIME, 1e12),
            (Metric.LOAD_1, True),
        ],
    )
    def test_a_value_that_cannot_be(self, metric: Metric, value: object) -> None:
        assert decode_series(metric, {"data_points": [{"ts": 1_000, "value": value}]}) == []

    def test_out_of_order_and_twice(self) -> None:
        told = [{"ts": 2_000, "value": 2}, {"ts": 1_000, "value": 1}, {"ts": 2_000, "value": 3}]
        assert decode_series(Metric.CPU, {"data_points": told}) == [Point(1, 1), Point(2, 3)]

    def test_no_more_than_a_bound(self) -> None:
        told = [{"ts": 1_000 * moment, "value": 1} for moment in range(1, MOST_POINTS + 10)]
        assert len(decode_series(Metric.CPU, {"data_points": told})) == MOST_POINTS

    @pytest.mark.parametrize("data", [None, 7, [], {"data_points": 7}])
    def test_what_is_no_series(self, data: object) -> None:
        with pytest.raises(ProtocolError):
            decode_series(Metric.CPU, data)


class TestProbes:
    """What a server probed."""

    def test_as_recorded(self) -> None:
        assert decode_probes(recorded("server_services_1d")) == {
            1: [Point(1_795_687_320, 1.034500002861), Point(1_795_687_350, 0.283999994397)],
            2: [Point(1_795_687_320, 0), Point(1_795_687_350, 0)],
        }

    def test_none(self) -> None:
        assert decode_probes(None) == decode_probes([]) == {}

    @pytest.mark.parametrize(
        "service", [None, 7, {}, {"monitor_id": 2}, {"monitor_id": "2", "created_at": [], "avg_delay": []}]
    )
    def test_a_service_that_cannot_be_read_costs_itself_alone(self, service: object) -> None:
        assert decode_probes([service, {"monitor_id": 1, "created_at": [1_000], "avg_delay": [5]}]) == {
            1: [Point(1, 5)]
        }

    def test_no_more_than_a_bound(self) -> None:
        told = [{"monitor_id": number, "created_at": [], "avg_delay": []} for number in range(MOST_SERVICES + 10)]
        assert len(decode_probes(told)) == MOST_SERVICES

    @pytest.mark.parametrize("data", [7, {}, "x"])
    def test_what_is_no_list(self, data: object) -> None:
        with pytest.raises(ProtocolError):
            decode_probes(data)
