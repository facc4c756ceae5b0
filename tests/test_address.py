"""Addresses and headers as people type and paste them; the ways through the config flow are in `test_config_flow.py`."""

from collections.abc import Mapping

from aiohttp import ClientSession
import pytest
from yarl import URL

from custom_components.nezha.api import Generation, NezhaError, NotNezhaError
from custom_components.nezha.api.errors import (
    CertificateError,
    GatewayError,
    ProtocolError,
    RefusedError,
    RequestTimeoutError,
    ServerError,
    UntrustedError,
)
from custom_components.nezha.flow import address
from custom_components.nezha.flow.address import (
    CredentialsInAddressError,
    InvalidAddressError,
    InvalidHeadersError,
    find_dashboard,
    format_headers,
    parse_headers,
    same_dashboard,
)
from homeassistant.core import HomeAssistant
from homeassistant.helpers.aiohttp_client import async_get_clientsession

type Answer = Generation | type[NezhaError]


class Internet:
    """Stands in for `identify`: what answers at which address, and which addresses were asked."""

    def __init__(self) -> None:
        """Let nothing be anywhere."""
        self.answers: dict[str, Answer] = {}
        self.asked: list[str] = []

    async def identify(self, session: ClientSession, url: URL, headers: Mapping[str, str]) -> Generation:
        """Give the answer for an address."""
        self.asked.append(str(url))
        answer = self.answers.get(str(url), NotNezhaError)
        if isinstance(answer, Generation):
            return answer
        raise answer("by the table")


@pytest.fixture
def internet(monkeypatch: pytest.MonkeyPatch) -> Internet:
    """Replace the way to the dashboard by a table."""
    internet = Internet()
    monkeypatch.setattr(address, "identify", internet.identify)
    return internet


async def find(hass: HomeAssistant, text: str, headers: Mapping[str, str] | None = None) -> str:
    """Return the address that was found."""
    url, generation = await find_dashboard(async_get_clientsession(hass), text, headers or {})
    assert generation is Generation.V0
    return str(url)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("https://nezha.example", "https://nezha.example/"),
        ("https://nezha.example:443/", "https://nezha.example/"),
        ("  https://nezha.example/ \n", "https://nezha.example/"),
        ("HTTPS://Nezha.EXAMPLE", "https://nezha.example/"),
        ("https://nezha.example/?theme=dark#top", "https://nezha.example/"),
        ("https://nezha.example/api/v1/server/list", "https://nezha.example/"),
        ("https://nezha.example/api/v1", "https://nezha.example/"),
        ("https://nezha.example/server/3", "https://nezha.example/"),
        ("nezha.example", "https://nezha.example/"),
        ("nezha.example:443/login?next=https://other.example", "https://nezha.example/"),
    ],
)
async def test_a_text_is_made_an_address(hass: HomeAssistant, internet: Internet, text: str, found: str) -> None:
    internet.answers = {"https://nezha.example/": Generation.V0}
    assert await find(hass, text) == found


@pytest.mark.parametrize("path", ["", "/", "//", "/server/3", "/api/v1/server/details?tag=x", "/dashboard/a/b?c#d"])
async def test_the_prefix_of_a_dashboard_is_kept(hass: HomeAssistant, internet: Internet, path: str) -> None:
    internet.answers = {"https://example.org/sub/nezha": Generation.V0}
    assert await find(hass, f"https://example.org/sub/nezha{path}") == "https://example.org/sub/nezha"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("http://192.0.2.1:8008", "http://192.0.2.1:8008/"),
        ("http://[2001:db8::1]:8008", "http://[2001:db8::1]:8008/"),
        ("http://nezha:8008", "http://nezha:8008/"),
        ("http://nezha.example.:8008", "http://nezha.example.:8008/"),
        ("http://哪吒.example", "http://xn--jqr9s.example/"),
    ],
)
async def test_hosts_of_all_kinds_are_taken(hass: HomeAssistant, internet: Internet, text: str, found: str) -> None:
    internet.answers = {found: Generation.V0}
    assert await find(hass, text) == found


async def test_the_longest_path_is_asked_first(hass: HomeAssistant, internet: Internet) -> None:
    with pytest.raises(NotNezhaError):
        await find(hass, "https://example.org/a/b")
    assert internet.asked == ["https://example.org/a/b", "https://example.org/a", "https://example.org/"]


async def test_a_long_path_does_not_cost_many_requests(hass: HomeAssistant, internet: Internet) -> None:
    with pytest.raises(NotNezhaError):
        await find(hass, f"https://example.org{'/a' * 500}")
    assert len(internet.asked) == 7


async def test_https_is_asked_before_http(hass: HomeAssistant, internet: Internet) -> None:
    internet.answers = {"https://nezha.lan:8008/": CertificateError, "http://nezha.lan:8008/": Generation.V0}
    assert await find(hass, "nezha.lan:8008") == "http://nezha.lan:8008/"
    assert internet.asked == ["https://nezha.lan:8008/", "http://nezha.lan:8008/"]


async def test_a_gateways_headers_are_not_tried_over_plain_http(hass: HomeAssistant, internet: Internet) -> None:
    internet.answers = {"https://nezha.lan/": RefusedError, "http://nezha.lan/": Generation.V0}
    with pytest.raises(RefusedError):
        await find(hass, "nezha.lan", {"X-Gate": "open"})
    assert internet.asked == ["https://nezha.lan/"]


async def test_a_bad_certificate_is_no_reason_to_try_http(hass: HomeAssistant, internet: Internet) -> None:
    internet.answers = {"https://nezha.lan/": UntrustedError, "http://nezha.lan/": Generation.V0}
    with pytest.raises(UntrustedError):
        await find(hass, "nezha.lan")
    assert internet.asked == ["https://nezha.lan/"]


@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_a_scheme_that_was_given_is_kept(hass: HomeAssistant, internet: Internet, scheme: str) -> None:
    internet.answers = {f"{scheme}://nezha.lan/": RefusedError}
    with pytest.raises(RefusedError):
        await find(hass, f"{scheme}://nezha.lan")
    assert internet.asked == [f"{scheme}://nezha.lan/"]


@pytest.mark.parametrize(
    ("over_https", "over_http", "shown"),
    [
        (RefusedError, RequestTimeoutError, RefusedError),
        (RefusedError, NotNezhaError, NotNezhaError),
        (RefusedError, ServerError, ServerError),
        (CertificateError, GatewayError, GatewayError),
        (GatewayError, RefusedError, GatewayError),
        (GatewayError, NotNezhaError, GatewayError),
        (NotNezhaError, GatewayError, GatewayError),
        (ServerError, GatewayError, ServerError),
    ],
)
async def test_of_two_errors_the_more_telling_one_is_shown(
    hass: HomeAssistant,
    internet: Internet,
    over_https: type[NezhaError],
    over_http: type[NezhaError],
    shown: type[NezhaError],
) -> None:
    internet.answers = {"https://nezha.lan/": over_https, "http://nezha.lan/": over_http}
    with pytest.raises(NezhaError) as caught:
        await find(hass, "nezha.lan")
    assert type(caught.value) is shown


async def test_what_stands_at_the_prefix_outweighs_that_there_is_nothing_above(
    hass: HomeAssistant, internet: Internet
) -> None:
    internet.answers = {"https://example.org/nezha": ProtocolError}
    with pytest.raises(ProtocolError) as caught:
        await find(hass, "https://example.org/nezha")
    assert type(caught.value) is ProtocolError
    assert internet.asked[-1] == "https://example.org/"


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "https://",
        "https:///path",
        "ftp://nezha.example",
        "javascript://nezha.example",
        "https://[::1",
        "https://nezha.example:port",
        "https://nezha.example:99999",
        "https://nezha..example",
        f"https://{'a' * 64}.example",
        f"https://{'ü' * 64}.example",
    ],
)
async def test_no_address_can_be_made_of_this(hass: HomeAssistant, internet: Internet, text: str) -> None:
    with pytest.raises(InvalidAddressError) as caught:
        await find(hass, text)
    assert caught.value.reason == "invalid_url"
    assert internet.asked == []


@pytest.mark.parametrize(
    "text", ["https://user:password@nezha.example", "https://user@nezha.example", "user:password@nezha.example"]
)
async def test_credentials_in_an_address_are_refused(hass: HomeAssistant, internet: Internet, text: str) -> None:
    with pytest.raises(CredentialsInAddressError):
        await find(hass, text)
    assert internet.asked == []


@pytest.mark.parametrize(
    "other",
    [
        "https://nezha.example",
        "https://nezha.example/",
        "http://nezha.example",
        "http://nezha.example:80/",
        "https://nezha.example:443",
        "HTTPS://NEZHA.Example",
    ],
)
def test_these_are_the_same_dashboard(other: str) -> None:
    assert same_dashboard("https://nezha.example", other)
    assert same_dashboard(other, "https://nezha.example")


def test_a_prefix_is_the_same_with_and_without_a_slash() -> None:
    assert same_dashboard("https://nezha.example/sub", "http://nezha.example/sub/")


@pytest.mark.parametrize(
    "other", ["https://nezha.example:8443", "https://nezha.example/sub", "https://www.nezha.example"]
)
def test_these_are_different_dashboards(other: str) -> None:
    assert not same_dashboard("https://nezha.example", other)


@pytest.mark.parametrize(
    ("text", "headers"),
    [
        ("", {}),
        (" \n\n ", {}),
        ("CF-Access-Client-Id: abc.access", {"CF-Access-Client-Id": "abc.access"}),
        ("A:1\r\n\r\n  B :  2  \n", {"A": "1", "B": "2"}),
        ("X-Url: https://a:b@c", {"X-Url": "https://a:b@c"}),
        ("X-Empty:", {"X-Empty": ""}),
        ("X-Name: Überprüfung", {"X-Name": "Überprüfung"}),
    ],
)
def test_headers_are_read(text: str, headers: dict[str, str]) -> None:
    assert parse_headers(text) == headers
    assert parse_headers(format_headers(headers)) == headers


@pytest.mark.parametrize(
    "text",
    [
        "no colon",
        ": value",
        "a name: value",
        "Näme: value",
        "Name: with\x00null",
        "Name: with\ttab",
        "Authorization: Bearer mine",
        "authorization: mine",
        "Host: other.example",
        "Good: one\nbad",
    ],
)
def test_headers_are_refused(text: str) -> None:
    with pytest.raises(InvalidHeadersError):
        parse_headers(text)
