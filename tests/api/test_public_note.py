"""A public note gives its billing and its plan, and never an exception."""

from datetime import MAXYEAR, MINYEAR, UTC, datetime, timedelta, timezone
import json
from pathlib import Path
from time import perf_counter
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import HealthCheck, given, settings, strategies as st
import pytest

from custom_components.nezha.api import Billing, Cycle, Plan, Price, PublicNote, Term, Unit
from custom_components.nezha.api.limits import LARGEST_NOTE
from custom_components.nezha.api.public_note import parse_public_note

# The note of v1/server.json and v2/server.json.
RECORDED = {
    "billingDataMod": {
        "startDate": "2026-01-01T00:00:00Z",
        "endDate": "2027-01-15T00:00:00Z",
        "autoRenewal": "1",
        "cycle": "Year",
        "amount": "12.5€",
    },
    "planDataMod": {
        "bandwidth": "1Gbps",
        "trafficVol": "1TB/Month",
        "trafficType": "1",
        "IPv4": "1",
        "IPv6": "1",
        "networkRoute": "CN2",
        "extra": "NAT",
    },
}


@pytest.fixture
def auto_enable_custom_integrations() -> None:
    """Start no Home Assistant: the client knows nothing of it."""


bounded = settings(
    max_examples=200, deadline=None, database=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def utc(*parts: int) -> datetime:
    """Return a moment."""
    return datetime(*parts, tzinfo=UTC)


LAST = datetime.max.replace(tzinfo=UTC)


def parse(note: object) -> PublicNote:
    """Read a note given as JSON."""
    return parse_public_note(json.dumps(note))


def parse_billing(**fields: object) -> PublicNote:
    """Read a note with these fields of billing."""
    return parse({"billingDataMod": fields})


def billing(**fields: object) -> Billing:
    """Return the billing of a note in which nothing is malformed."""
    note = parse_billing(**fields)
    assert note.malformed == ()
    assert note.billing is not None
    return note.billing


def monthly(end: str, **fields: object) -> Billing:
    """Return a billing that renews every month."""
    return billing(endDate=end, autoRenewal="1", cycle="Month", **fields)


def test_recorded_note() -> None:
    assert parse(RECORDED) == PublicNote(
        billing=Billing(
            start=utc(2026, 1, 1),
            end=utc(2027, 1, 15),
            never_expires=False,
            auto_renewal=True,
            cycle=Cycle.YEAR,
            cycle_text="Year",
            amount="12.5€",
        ),
        plan=Plan(
            bandwidth="1Gbps",
            traffic="1TB/Month",
            traffic_type="1",
            ipv4="1",
            ipv6="1",
            network_route="CN2",
            extra="NAT",
        ),
    )


def test_module_knows_nothing_of_home_assistant() -> None:
    source = Path(__file__).parents[2] / "custom_components/nezha/api/public_note.py"
    assert "homeassistant" not in source.read_text()


@pytest.mark.parametrize("text", ["", "  \n", "Tokyo, paid by Bob", "[HK] relay", "[1, 2]", "null", "1", '"{}"', "{}"])
def test_note_that_is_no_object_or_an_empty_one_tells_nothing(text: str) -> None:
    assert parse_public_note(text) == PublicNote()


def test_object_with_other_keys_tells_nothing() -> None:
    assert parse({"customData": {"endDate": "2027-01-15"}}) == PublicNote()


def test_whitespace_around_the_object() -> None:
    assert parse_public_note(f"\n {json.dumps(RECORDED)} \n") == parse(RECORDED)


@pytest.mark.parametrize(
    "text", ["{", "{'billingDataMod': {}}", '{"billingDataMod": {}}}', '{"a": NaN}', '{"\ud800": 1}']
)
def test_malformed_object_is_named(text: str) -> None:
    assert parse_public_note(text) == PublicNote(malformed=("public_note",))


def test_deeply_nested_note_is_malformed() -> None:
    assert parse_public_note('{"a":' + "[" * 30_000 + "]" * 30_000 + "}").malformed == ("public_note",)


def test_note_over_64_kib_is_ignored() -> None:
    note = json.dumps(RECORDED)
    largest = note[:-1] + " " * (LARGEST_NOTE - len(note)) + "}"
    assert parse_public_note(largest) == parse(RECORDED)
    assert parse_public_note(f" {largest}") == parse(RECORDED), "only what counts is counted"
    assert parse_public_note(largest[:-1] + " }") == PublicNote(malformed=("public_note",))


def test_size_is_that_in_bytes() -> None:
    assert parse_public_note("月" * (LARGEST_NOTE // 3 + 1)).malformed == ("public_note",)


@pytest.mark.parametrize("value", [[], "x", 1, True])
def test_part_that_is_no_object_is_named_and_the_other_stays(value: object) -> None:
    note = parse(RECORDED | {"billingDataMod": value})
    assert (note.billing, note.plan, note.malformed) == (None, parse(RECORDED).plan, ("billingDataMod",))
    note = parse(RECORDED | {"planDataMod": value})
    assert (note.billing, note.plan, note.malformed) == (parse(RECORDED).billing, None, ("planDataMod",))


@pytest.mark.parametrize("blank", [None, "", " "])
def test_blank_fields_are_absent_not_malformed(blank: str | None) -> None:
    assert parse({part: dict.fromkeys(fields, blank) for part, fields in RECORDED.items()}) == PublicNote()


@pytest.mark.parametrize("blank", [None, {}])
def test_empty_parts_are_absent(blank: object) -> None:
    assert parse(dict.fromkeys(RECORDED, blank)) == PublicNote()


def test_auto_renewal_alone_is_no_billing() -> None:
    assert parse_billing(autoRenewal="1") == PublicNote()


def test_field_that_cannot_be_read_takes_no_other_with_it() -> None:
    note = parse_billing(startDate="x", endDate="2027-01-15", autoRenewal="x", cycle=[], amount=[])
    assert note.billing == Billing(end=utc(2027, 1, 15))
    assert note.malformed == tuple(
        f"billingDataMod.{field}" for field in ("startDate", "autoRenewal", "cycle", "amount")
    )


def test_plan_field_that_cannot_be_read_is_named() -> None:
    assert parse({"planDataMod": {"bandwidth": {}, "extra": "NAT"}}) == PublicNote(
        plan=Plan(extra="NAT"), malformed=("planDataMod.bandwidth",)
    )


@pytest.mark.parametrize(
    ("text", "end"),
    [
        ("2027-01-15T08:30:00Z", utc(2027, 1, 15, 8, 30)),
        ("2027-01-15T08:30:00.123Z", utc(2027, 1, 15, 8, 30, 0, 123000)),
        ("2027-01-15T08:30:00+08:00", utc(2027, 1, 15, 0, 30)),
        ("2027-01-15T08:30:00", utc(2027, 1, 15, 8, 30)),
        ("2027-01-15 08:30:00", utc(2027, 1, 15, 8, 30)),
        ("2027-01-15", utc(2027, 1, 15)),
        (" 2027-01-15 ", utc(2027, 1, 15)),
    ],
)
def test_end_with_or_without_time_and_zone(text: str, end: datetime) -> None:
    read = billing(endDate=text)
    assert read.end == end
    assert read.end.tzinfo is not None
    assert not read.never_expires


@pytest.mark.parametrize(
    "value",
    [
        "2025-07-141T00:00:00Z",
        "2025-02-30",
        "0000-01-01",
        "0001-01-01T00:00:00Z",
        "2025-07-14T00:00:00+25:00",
        "9999-12-31T24:00:00",
        "10000-01-01",
        "soon",
        1_800_000_000,
        ["2027-01-15"],
    ],
)
def test_malformed_end_is_ignored_and_the_rest_stays(value: object) -> None:
    note = parse_billing(endDate=value, amount="5€")
    assert note == PublicNote(billing=Billing(amount="5€"), malformed=("billingDataMod.endDate",))


@pytest.mark.parametrize("end", ["0000-00-00", "0000-00-00T23:59:59+08:00", "9999-12-31", "9999-12-31T23:59:59-12:00"])
def test_never_expires(end: str) -> None:
    read = billing(endDate=end, autoRenewal="1", cycle="Year")
    assert read.never_expires
    assert read.term is Term.NEVER_EXPIRES
    assert read.end is read.expiry(utc(2026, 1, 1)) is None
    assert read.renewals(utc(1, 1, 1), utc(MAXYEAR, 1, 1)) == []


def test_start_that_never_was() -> None:
    assert billing(startDate="0000-00-00T00:00:00Z", amount="1") == Billing(amount="1")


@pytest.mark.parametrize("value", ["1", 1, True, 1.0, "true", "True"])
def test_auto_renewal_on(value: object) -> None:
    assert billing(endDate="2027-01-15", autoRenewal=value).auto_renewal


@pytest.mark.parametrize("value", ["0", 0, False, 0.0, "false", "", None])
def test_auto_renewal_off(value: object) -> None:
    assert not billing(endDate="2027-01-15", autoRenewal=value).auto_renewal


@pytest.mark.parametrize("value", ["2", 2, -1, 0.5, "perhaps", [], {}])
def test_auto_renewal_neither_on_nor_off_is_malformed(value: object) -> None:
    assert parse_billing(autoRenewal=value).malformed == ("billingDataMod.autoRenewal",)


@pytest.mark.parametrize(
    ("names", "cycle"),
    [
        ("月 m mo month monthly M Mo MONTH Monthly", Cycle.MONTH),
        ("季 q qr quarterly Q QR Quarterly", Cycle.QUARTER),
        ("半 半年 h half semi-annually H Half Semi-Annually", Cycle.HALF_YEAR),
        ("年 y yr year annual annually Y YR Year ANNUAL Annually", Cycle.YEAR),
    ],
)
def test_cycle_by_any_of_its_names(names: str, cycle: Cycle) -> None:
    assert {billing(cycle=name).cycle for name in names.split()} == {cycle}


@pytest.mark.parametrize(
    ("names", "cycle"),
    [
        ("2年 两年 兩年 二年 2y 2years 2-year biennially 每2年 两年付 ２年 贰年 双年", Cycle(2, Unit.YEAR)),
        ("三年 3年付 3yr triennial 三年付费 three-years", Cycle(3, Unit.YEAR)),
        ("十年 10y 10年", Cycle(10, Unit.YEAR)),
        ("yearly annual 年付 年度 壹年 每年 1年 一年 a-year per-year /yr /年", Cycle.YEAR),
        ("Quarter 季付 季度 每季 quarterly 3个月 三个月 3mo 3-months 1季", Cycle.QUARTER),
        ("半年付 6个月 六個月 half-year halfyear half-yearly half-a-year 2季度 semiannually 半", Cycle.HALF_YEAR),
        ("月付 月度 每月 1个月 一个月 per-month /mo", Cycle.MONTH),
        ("12个月 十二个月 12mo twelve-months 拾贰个月", Cycle(12, Unit.MONTH)),
        ("二十四个月 24months 24个月", Cycle(24, Unit.MONTH)),
        ("1.5年 一年半 1年半 1.5y", Cycle(18, Unit.MONTH)),
        ("day daily 天 日付 每天 1d", Cycle(1, Unit.DAY)),
        ("30天 三十天 30days", Cycle(30, Unit.DAY)),
        ("week weekly 周付 每週 1w 星期", Cycle(1, Unit.WEEK)),
        ("2周 两周 2weeks fortnight", Cycle(2, Unit.WEEK)),
        ("一次性 一次 Once one-time lifetime 永久 终身 买断 一次性付费", Cycle.ONCE),
    ],
)
def test_cycle_in_figures_chinese_or_english(names: str, cycle: Cycle) -> None:
    assert {name: billing(cycle=name).cycle for name in names.split()} == dict.fromkeys(names.split(), cycle)


@pytest.mark.parametrize(
    "text", ["every so often", "每逢佳节", "0年", "9999年", "12", "半天", "0.5 day", "-1年", "two", "1/年", "年年"]
)
def test_a_cycle_that_is_not_understood_is_kept_as_written(text: str) -> None:
    note = parse_billing(cycle=text, endDate="2026-05-20", autoRenewal="1")
    assert note.billing
    assert (note.billing.cycle, note.billing.cycle_text) == (None, text)
    assert note.malformed == ("billingDataMod.cycle",)


@pytest.mark.parametrize("value", [12, "x", True, ["m"], {}])
def test_a_cycle_that_is_not_understood_alone_is_no_billing(value: object) -> None:
    assert parse_billing(cycle=value) == PublicNote(malformed=("billingDataMod.cycle",))


@pytest.mark.parametrize(
    ("cycle", "expiry"),
    [
        ("2年", utc(2028, 5, 20)),
        ("三年", utc(2029, 5, 20)),
        ("yearly", utc(2027, 5, 20)),
        ("Quarter", utc(2026, 8, 20)),
        ("季付", utc(2026, 8, 20)),
        ("day", utc(2026, 6, 2)),
        ("week", utc(2026, 6, 3)),
        ("10天", utc(2026, 6, 9)),
    ],
)
def test_an_end_that_has_passed_rolls_on_by_any_cycle(cycle: str, expiry: datetime) -> None:
    now = utc(2026, 6, 1)
    read = billing(endDate="2026-05-20", autoRenewal="1", cycle=cycle)
    assert read.expiry(now) == expiry
    assert read.term_at(now) is Term.RENEWS


@pytest.mark.parametrize("cycle", ["一次性", "every so often", None])
def test_nothing_renews_once_its_last_known_end_has_passed(cycle: str | None) -> None:
    """It would be said beside days that are below zero."""
    read = parse_billing(endDate="2026-05-20", autoRenewal="1", cycle=cycle).billing
    assert read
    assert read.expiry(utc(2026, 6, 1)) == utc(2026, 5, 20)
    assert read.term_at(utc(2026, 6, 1)) is Term.EXPIRES
    assert read.term_at(utc(2026, 5, 1)) is (Term.EXPIRES if cycle == "一次性" else Term.RENEWS)


@bounded
@given(
    count=st.integers(1, 40),
    unit=st.sampled_from(["天", "周", "月", "季", "年"]),
    days=st.integers(0, 40_000),
    offset=st.sampled_from(["", "Z", "+08:00", "-11:30"]),
)
def test_the_next_end_is_the_first_after_now(count: int, unit: str, days: int, offset: str) -> None:
    now = utc(2026, 1, 1) + timedelta(days=days)
    read = billing(endDate=f"2026-01-31T00:00:00{offset}", autoRenewal="1", cycle=f"{count}{unit}")
    expiry = read.expiry(now)
    assert expiry > now
    assert read.renewals(now + timedelta.resolution, expiry + timedelta.resolution) == [expiry]


def test_renewals_are_bounded() -> None:
    read = billing(endDate="2026-01-31", autoRenewal="1", cycle="day")
    begun = perf_counter()
    assert len(read.renewals(utc(3, 1, 1), utc(9998, 1, 1))) == 1_000
    assert perf_counter() - begun < 1


@pytest.mark.parametrize(
    "text", ["2026/07/14", "2026/7/14", "2026-7-14", "2026.07.14", "2026年7月14日", "2026-07-14", "2026/7/14 00:00:00"]
)
@pytest.mark.parametrize("zone", ["UTC", "Asia/Shanghai", "America/New_York"])
def test_a_date_as_people_write_it_is_a_day_where_the_reader_is(text: str, zone: str) -> None:
    time_zone = ZoneInfo(zone)
    note = parse_public_note(json.dumps({"billingDataMod": {"endDate": text}}), time_zone)
    assert note.billing
    assert note.billing.end == datetime(2026, 7, 14, tzinfo=time_zone)


def test_an_offset_that_is_written_counts() -> None:
    note = parse_public_note(
        '{"billingDataMod": {"endDate": "2026/7/14T00:00:00+08:00"}}', ZoneInfo("America/New_York")
    )
    assert note.billing
    assert note.billing.end == utc(2026, 7, 13, 16)


@pytest.mark.parametrize("text", ["2025/07/141", "2026/13/1", "14/7/2026", "2026//7", "2026-7", "2026/7/14x"])
def test_a_date_that_is_none(text: str) -> None:
    assert parse_billing(endDate=text, amount="1").malformed == ("billingDataMod.endDate",)


@pytest.mark.parametrize(
    ("amount", "value", "currency"),
    [
        ("¥139", 139, "CNY"),
        ("￥139.9", 139.9, "CNY"),
        ("12.5€", 12.5, "EUR"),
        ("12,5 €", 12.5, "EUR"),
        ("200EUR", 200, "EUR"),
        ("200 eur", 200, "EUR"),
        ("$5/mo", 5, "USD"),
        ("US$ 5", 5, "USD"),
        ("HK$1,299.00", 1_299, "HKD"),
        ("1,299.00 USD", 1_299, "USD"),
        ("1.299,00€", 1_299, "EUR"),
        ("1,299円", 1_299, "JPY"),
        ("99元/年", 99, "CNY"),
        ("5 USD per month", 5, "USD"),
        ("12.5", 12.5, ""),
        (139, 139, ""),
        ("£3.50", 3.5, "GBP"),
    ],
)
def test_price(amount: object, value: float, currency: str) -> None:
    read = billing(amount=amount)
    assert read.price == Price(value=value, currency=currency)
    assert read.amount == str(amount)


@pytest.mark.parametrize(
    "amount", ["0", "-1", "free for friends", "5€ + VAT", "$5 or 6", "5 apples", "€", "1.2.3,4,5", "€5$"]
)
def test_no_price_in_figures(amount: str) -> None:
    assert billing(amount=amount).price is None


@bounded
@given(text=st.text(max_size=40))
def test_any_text_as_cycle_and_amount(text: str) -> None:
    read = parse_billing(cycle=text, amount=text).billing
    assert read is None or read.price is None or read.price.value >= 0


@pytest.mark.parametrize(("value", "amount"), [("200EUR", "200EUR"), (12.5, "12.5"), (12.0, "12"), (1e300, "1e+300")])
def test_amount_as_written(value: object, amount: str) -> None:
    read = billing(amount=value)
    assert (read.amount, read.free, read.pay_as_you_go) == (amount, False, False)


@pytest.mark.parametrize("value", ["0", 0, 0.0, -0.0])
def test_free(value: object) -> None:
    read = billing(amount=value)
    assert (read.free, read.pay_as_you_go) == (True, False)


@pytest.mark.parametrize("value", ["-1", -1, -1.0])
def test_pay_as_you_go(value: object) -> None:
    read = billing(amount=value)
    assert (read.free, read.pay_as_you_go) == (False, True)


def test_no_amount_is_not_free() -> None:
    assert not billing(cycle="m").free


@pytest.mark.parametrize("value", [True, [], {}])
def test_amount_of_another_kind_is_malformed(value: object) -> None:
    assert parse_billing(amount=value).malformed == ("billingDataMod.amount",)


def test_texts_are_bounded_and_on_one_line() -> None:
    assert billing(amount="5\u202e€\n a month").amount == "5 €  a month"
    assert len(billing(amount="x" * 1000).amount) == 255


def test_plan_with_numbers() -> None:
    assert parse({"planDataMod": {"trafficType": 2, "IPv4": 1}}).plan == Plan(traffic_type="2", ipv4="1")


def test_term_without_an_end() -> None:
    assert billing(amount="5€", autoRenewal="1", cycle="m").term is None


def test_term_that_expires() -> None:
    assert billing(endDate="2027-01-15", cycle="m").term is Term.EXPIRES


@pytest.mark.parametrize("cycle", ["m", None])
def test_term_that_renews(cycle: str | None) -> None:
    assert billing(endDate="2027-01-15", autoRenewal="1", cycle=cycle).term is Term.RENEWS


@pytest.mark.parametrize("fields", [{"cycle": "m"}, {"autoRenewal": "1"}])
def test_expiry_stays_without_auto_renewal_or_cycle(fields: dict[str, Any]) -> None:
    read = billing(endDate="2027-01-15", **fields)
    assert read.expiry(utc(2026, 1, 1)) == read.expiry(utc(2030, 1, 1)) == utc(2027, 1, 15)


def test_no_expiry_without_an_end() -> None:
    assert billing(amount="5€", autoRenewal="1", cycle="m").expiry(utc(2026, 1, 1)) is None


def test_expiry_before_the_end_is_the_end() -> None:
    read = monthly("2027-01-15")
    assert read.expiry(utc(1, 1, 1)) == read.expiry(utc(2027, 1, 14, 23, 59, 59)) == utc(2027, 1, 15)


def test_expiry_at_the_end_is_the_next() -> None:
    assert monthly("2027-01-15").expiry(utc(2027, 1, 15)) == utc(2027, 2, 15)


@pytest.mark.parametrize(
    ("cycle", "expiry"),
    [("m", utc(2030, 6, 15)), ("q", utc(2030, 7, 15)), ("h", utc(2030, 7, 15)), ("y", utc(2031, 1, 15))],
)
def test_expiry_rolls_on_by_the_cycle(cycle: str, expiry: datetime) -> None:
    assert billing(endDate="2027-01-15", autoRenewal=1, cycle=cycle).expiry(utc(2030, 6, 1)) == expiry


def test_rolling_on_keeps_the_original_day() -> None:
    assert monthly("2027-01-31").renewals(utc(2027, 1, 1), utc(2028, 3, 1))[:5] == [
        utc(2027, 1, 31),
        utc(2027, 2, 28),
        utc(2027, 3, 31),
        utc(2027, 4, 30),
        utc(2027, 5, 31),
    ]
    assert monthly("2027-01-31").expiry(utc(2028, 2, 10)) == utc(2028, 2, 29)


def test_leap_day_renews_on_28_february_between() -> None:
    yearly = billing(endDate="2024-02-29", autoRenewal="1", cycle="y")
    assert yearly.renewals(utc(2024, 1, 1), utc(2029, 1, 1)) == [
        utc(2024, 2, 29),
        utc(2025, 2, 28),
        utc(2026, 2, 28),
        utc(2027, 2, 28),
        utc(2028, 2, 29),
    ]


def test_rolling_on_by_the_calendar_of_the_notes_zone() -> None:
    # In UTC this is the 30th, 16:00; a month later there is it would be the 28th there, 1 March in the zone.
    expiry = monthly("2027-01-31T00:00:00+08:00").expiry(utc(2027, 2, 1))
    assert expiry == datetime(2027, 2, 28, tzinfo=timezone(timedelta(hours=8)))


def test_renewals_hold_begin_and_not_end() -> None:
    assert monthly("2027-01-15").renewals(utc(2027, 2, 15), utc(2027, 4, 15)) == [utc(2027, 2, 15), utc(2027, 3, 15)]


def test_renewals_start_with_the_end() -> None:
    assert monthly("2027-01-15").renewals(utc(2026, 1, 1), utc(2027, 2, 1)) == [utc(2027, 1, 15)]


def test_one_renewal_where_it_does_not_renew() -> None:
    read = billing(endDate="2027-01-15", cycle="m")
    assert read.renewals(utc(2026, 1, 1), utc(2030, 1, 1)) == [utc(2027, 1, 15)]
    assert read.renewals(utc(2028, 1, 1), utc(2030, 1, 1)) == []
    assert read.renewals(utc(2026, 1, 1), utc(2027, 1, 15)) == []


def test_empty_and_reversed_spans_have_no_renewals() -> None:
    assert monthly("2027-01-15").renewals(utc(2027, 1, 15), utc(2027, 1, 15)) == []
    assert monthly("2027-01-15").renewals(utc(2030, 1, 1), utc(2028, 1, 1)) == []


def test_renewals_far_from_the_end_are_found_without_walking_there() -> None:
    read = monthly("0002-01-31")
    begin = perf_counter()
    for _ in range(100):
        assert read.renewals(utc(9000, 2, 1), utc(9000, 3, 1)) == [utc(9000, 2, 28)]
        assert read.expiry(utc(9000, 2, 1)) == utc(9000, 2, 28)
    assert perf_counter() - begin < 1, "walking takes 10 s"


def test_renewals_stop_before_the_last_year() -> None:
    read = monthly("9998-10-31T23:59:59-12:00")
    assert [(moment.month, moment.day) for moment in read.renewals(utc(9998, 1, 1), LAST)] == [
        (10, 31),
        (11, 30),
        (12, 31),
    ]
    last = read.expiry(LAST)
    assert last is not None
    assert last.astimezone(timezone(timedelta(hours=14))).year == MAXYEAR


JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=300)),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(st.text(max_size=12), inner, max_size=4)),
    max_leaves=12,
)
ZONES = st.timezones() | st.builds(timezone, st.timedeltas(timedelta(hours=-23), timedelta(hours=23)))
MOMENTS = st.datetimes(timezones=st.just(UTC) | ZONES)
DATES = st.one_of(
    st.text(max_size=40),
    st.dates().map(str),
    MOMENTS.map(datetime.isoformat),
    st.from_regex(r"\A[09]{4}-[0-9]{2}-[0-9]{2}(T[0-9]{2}:[0-9]{2}:[0-9]{2}(Z|[+-][0-9]{2}:[0-9]{2})?)?\Z"),
)
NOTES = st.fixed_dictionaries(
    {},
    optional={
        "billingDataMod": JSON
        | st.fixed_dictionaries(
            {},
            optional={
                "startDate": JSON | DATES,
                "endDate": JSON | DATES,
                "autoRenewal": JSON | st.sampled_from(["1", 1, True]),
                "cycle": JSON | st.sampled_from("mqhy"),
                "amount": JSON,
            },
        ),
        "planDataMod": JSON | st.fixed_dictionaries({}, optional=dict.fromkeys(RECORDED["planDataMod"], JSON)),
    },
)
FIELDS = {"public_note", *RECORDED, *(f"{part}.{field}" for part, fields in RECORDED.items() for field in fields)}
BILLINGS = st.builds(
    lambda end, auto_renewal, cycle: (
        parse_billing(endDate=end, autoRenewal=auto_renewal, cycle=cycle, amount="1").billing
    ),
    MOMENTS.map(datetime.isoformat),
    st.booleans() | st.just(True),
    st.sampled_from("mqhy"),
)


def shifted(moment: datetime, by: timedelta) -> datetime:
    """Return a moment in UTC, where no clock is ever put back, or the first or last there is."""
    try:
        return moment.astimezone(UTC) + by
    except OverflowError:
        return utc(MINYEAR, 1, 1) if moment.year == MINYEAR else LAST


def assert_usable(note: PublicNote) -> None:
    """All that comes out can be shown."""
    assert set(note.malformed) <= FIELDS
    assert len(set(note.malformed)) == len(note.malformed)
    if note.billing is not None:
        assert len(note.billing.amount) <= 255
        assert (note.billing.term is None) == (note.billing.end is None and not note.billing.never_expires)
        for moment in (note.billing.start, note.billing.end, note.billing.expiry(utc(2026, 1, 1))):
            assert moment is None or moment.astimezone(timezone(timedelta(hours=23))).astimezone(UTC) == moment


@bounded
@given(text=st.text() | st.text().map("{{{}".format) | st.text(st.characters()))
def test_any_text_gives_a_note(text: str) -> None:
    assert_usable(parse_public_note(text))


@bounded
@given(note=JSON)
def test_any_json_gives_a_note(note: object) -> None:
    assert_usable(parse(note))


@bounded
@given(note=NOTES)
def test_any_values_in_the_fields_give_a_note(note: object) -> None:
    assert_usable(parse(note))


@bounded
@given(read=BILLINGS, moments=st.lists(MOMENTS, min_size=2, max_size=5))
def test_expiry_never_goes_back(read: Billing | None, moments: list[datetime]) -> None:
    assert read is not None
    expiries = [read.expiry(now) for now in sorted(moments)]
    if read.end is None:
        assert set(expiries) == {None}
        return
    assert all(expiry is not None and expiry >= read.end for expiry in expiries)
    assert expiries == sorted(expiries)


@bounded
@given(read=BILLINGS, begin=MOMENTS, days=st.integers(-10, 3000))
def test_renewals_are_those_that_expiry_meets_one_after_the_other(
    read: Billing | None, begin: datetime, days: int
) -> None:
    assert read is not None
    end = shifted(begin, timedelta(days=days))
    met = []
    moment = read.expiry(shifted(begin, -timedelta(microseconds=1)))
    while moment is not None and begin <= moment < end and moment not in met:
        met.append(moment)
        moment = read.expiry(moment)
    assert read.renewals(begin, end) == met
