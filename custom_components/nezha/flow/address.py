"""Makes a dashboard's address, and a gateway's headers, of what a person types or pastes."""

from collections.abc import Iterator, Mapping
import ipaddress
import re

from aiohttp import ClientSession
from yarl import URL

from ..api import (
    Dashboard,
    GatewayError,
    MovedError,
    NezhaError,
    NotNezhaError,
    ProtocolError,
    ServerError,
    UnreachableError,
    UntrustedError,
    identify,
)

_MOST_SEGMENTS = 6
_SCHEME = re.compile(r"\s*[a-z][a-z0-9+.-]*://", re.IGNORECASE)
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?", re.IGNORECASE)
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*", re.IGNORECASE)
_HOME_DOMAINS = (".local", ".lan", ".home.arpa")
_HOME_NETWORKS = tuple(
    map(
        ipaddress.ip_network,
        (
            *("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"),
            *("127.0.0.0/8", "::1/128"),
            *("169.254.0.0/16", "fe80::/10"),
        ),
    )
)
"""Private, loopback, link-local: nobody but those at home is between Home Assistant and an address in them."""
_OWN_HEADERS = {"authorization", "connection", "content-length", "content-type", "host", "transfer-encoding"}


class InvalidAddressError(ValueError):
    """No address can be made of a text; `reason` is the key of the error's text."""

    reason = "invalid_url"


class CredentialsInAddressError(InvalidAddressError):
    """The address holds a user and a password: they would be shown wherever the address is."""

    reason = "credentials_in_url"


class InvalidHeadersError(ValueError):
    """A line is no header, or one that the integration itself sends."""

    reason = "invalid_headers"


async def find_dashboard(
    session: ClientSession, text: str, headers: Mapping[str, str], *, only_https: bool = False
) -> tuple[URL, Dashboard]:
    """Find the dashboard that a person means by a text, asking without a credential.

    A missing scheme, the address of a page or of the API, and a redirect from http to https are put right; `only_https`
    keeps a missing scheme from becoming http. Raises `InvalidAddressError`, or the `NezhaError` that describes best what is
    there instead.
    """
    errors: list[NezhaError] = []
    for candidate in _candidates(text, only_https=only_https or bool(headers)):
        for url in _prefixes(candidate):
            try:
                return await _identify(session, url, headers)
            except UnreachableError as err:
                errors.append(err)
                break
            except (GatewayError, ProtocolError) as err:
                errors.append(err)
        if isinstance(errors[-1], UntrustedError):
            # There is https, with a certificate that is not to be trusted: no reason to do without either.
            break
    raise max(errors, key=_weight)


def _weight(error: NezhaError) -> int:
    """Return how much an error says of what is there. Of several, the first of the most telling ones is shown."""
    if isinstance(error, UnreachableError) and not isinstance(error, ServerError):
        return 0
    return 1 if isinstance(error, NotNezhaError) else 2


async def _identify(session: ClientSession, url: URL, headers: Mapping[str, str]) -> tuple[URL, Dashboard]:
    """Identify a dashboard, going along from http to https on the same host."""
    try:
        return url, await identify(session, url, headers)
    except MovedError as err:
        if url.scheme != "http" or err.target.scheme != "https" or err.target.host != url.host:
            raise
        secure = err.target.origin().with_path(url.path)
        return secure, await identify(session, secure, headers)


def origin_of(text: str) -> URL:
    """Return the origin that a text means; without a scheme that of https. Raises `InvalidAddressError`."""
    return _candidates(text, only_https=True)[0].origin()


def _candidates(text: str, *, only_https: bool) -> tuple[URL, ...]:
    """Return the addresses that a text may mean. Nothing is tried over plain http unasked but within the home."""
    text = text.strip()
    if _SCHEME.match(text):
        return (_parse(text),)
    secure = _parse(f"https://{text}")
    return (secure,) if only_https or not is_at_home(secure) else (secure, _parse(f"http://{text}"))


def _parse(text: str) -> URL:
    try:
        url = URL(text)
        host = url.raw_host or ""
        # What cannot be asked of a name server: labels that are empty or too long.
        host.encode("idna")
    except ValueError as err:
        raise InvalidAddressError from err
    if url.user is not None or url.password is not None:
        raise CredentialsInAddressError
    if url.scheme not in ("http", "https") or not _is_host(host):
        raise InvalidAddressError
    return url.with_query(None).with_fragment(None)


def _is_host(host: str) -> bool:
    """Whether it is an IP address, or a name that a server can have."""
    if _ip(host):
        return True
    labels = host.removesuffix(".").split(".")
    # A number at the end is a shortened IP address to some and a name to others; a scheme is one that was typed twice.
    return (
        all(map(_LABEL.fullmatch, labels))
        and not _NUMBER.fullmatch(labels[-1])
        and host.lower() not in ("http", "https")
    )


def _ip(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return None
    return (address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None) or address


def is_at_home(url: URL) -> bool:
    """Whether an address is of the home's own network: private, loopback, link-local, or a name that only exists there."""
    host = (url.raw_host or "").lower().removesuffix(".")
    if address := _ip(host):
        return any(address in network for network in _HOME_NETWORKS)
    return "." not in host or host.endswith(_HOME_DOMAINS)


def _prefixes(url: URL) -> Iterator[URL]:
    """Return the addresses under which the dashboard of a page may be, the longest first."""
    path = url.path.partition("/api/v1")[0]
    segments = [segment for segment in path.split("/") if segment][:_MOST_SEGMENTS]
    for length in range(len(segments), -1, -1):
        yield url.with_path("/" + "/".join(segments[:length]))


def same_dashboard(one: str, other: str) -> bool:
    """Whether two addresses are the same but for the scheme."""
    return _without_scheme(URL(one)) == _without_scheme(URL(other))


def _without_scheme(url: URL) -> tuple[str | None, int | None, str]:
    return url.host, None if url.is_default_port() else url.port, url.path.rstrip("/")


def parse_headers(text: str) -> dict[str, str]:
    """Read one `Name: value` a line. Raises `InvalidHeadersError`."""
    headers: dict[str, str] = {}
    for line in filter(str.strip, text.splitlines()):
        name, colon, value = (part.strip() for part in line.partition(":"))
        if not colon or not value.isprintable() or not _HEADER_NAME.fullmatch(name) or name.lower() in _OWN_HEADERS:
            raise InvalidHeadersError
        headers[name] = value
    return headers


def format_headers(headers: Mapping[str, str]) -> str:
    """Write headers as `parse_headers` reads them."""
    return "\n".join(f"{name}: {value}" for name, value in headers.items())
