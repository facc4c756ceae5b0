"""Makes a dashboard's address, and a gateway's headers, of what a person types or pastes."""

from collections.abc import Iterator, Mapping
import re

from aiohttp import ClientConnectorCertificateError, ClientSession
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
    identify,
)

_MOST_SEGMENTS = 6
_SCHEME = re.compile(r"\s*[a-z][a-z0-9+.-]*://", re.IGNORECASE)
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
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


async def find_dashboard(session: ClientSession, text: str, headers: Mapping[str, str]) -> tuple[URL, Dashboard]:
    """Find the dashboard that a person means by a text, asking without a credential.

    A missing scheme, the address of a page or of the API, and a redirect from http to https are put right. Raises
    `InvalidAddressError`, or the `NezhaError` that describes best what is there instead.
    """
    errors: list[NezhaError] = []
    for scheme in _schemes(text, may_be_plain=not headers):
        for url in _prefixes(_parse(scheme + text.strip())):
            try:
                return await _identify(session, url, headers)
            except UnreachableError as err:
                errors.append(err)
                break
            except (GatewayError, ProtocolError) as err:
                errors.append(err)
        if isinstance(errors[-1].__cause__, ClientConnectorCertificateError):
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


def _schemes(text: str, *, may_be_plain: bool) -> tuple[str, ...]:
    """Return what to put before a text. A gateway's headers are never tried over plain http unasked."""
    if _SCHEME.match(text):
        return ("",)
    return ("https://", "http://") if may_be_plain else ("https://",)


def _parse(text: str) -> URL:
    try:
        url = URL(text)
        # What cannot be asked of a name server: labels that are empty or too long.
        (url.host or "").encode("idna")
    except ValueError as err:
        raise InvalidAddressError from err
    if url.scheme not in ("http", "https") or not url.host:
        raise InvalidAddressError
    if url.user is not None or url.password is not None:
        raise CredentialsInAddressError
    return url.with_query(None).with_fragment(None)


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
