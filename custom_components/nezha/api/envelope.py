"""The envelope of what v1 and v2 answer, and the errors that stand in it."""

from http import HTTPStatus
import re
from typing import Any

from .errors import BlockedError, MissingScopeError, ReportedError, UnknownPathError
from .limits import LONGEST_SCOPE
from .transport import Reply

UNKNOWN_PATH = "404 Not Found"
"""The error for a path that the dashboard does not know: with status 200 before v1.5.0, with 404 from then on."""
_NO_NUMBER = 'strconv.ParseUint: parsing "list"'
"""Begins the error where a release does not know the list of services, and takes its name for a service's number (recorded
exchange `releases/v1.0.0/service_list.json`)."""
_UNAUTHORISED = "ApiErrorUnauthorized"
"""Begins the error by which the dashboard refuses a log-in, a session or a token; nothing else does."""
_LOOKUP_FAILED = "lookup failed"
"""Ends the refusal of a token that could not be looked up, as the database was busy: that says nothing of the token."""
_NO_ADDRESS = ("real ip header not found", "ParseAddr(")
"""Begins the error where the dashboard looks for our address in a header that its proxy does not set, or sets wrongly
(recorded exchanges `proxy/real_ip_*.json`)."""
_SCOPE = re.compile(r"lacks scope (nezha:[a-z:_-]+)")


class UnauthorisedError(Exception):
    """The dashboard itself refuses the credential: with status 401 a token, with 200 anything else."""


def answer_of(reply: Reply) -> dict[str, Any]:
    """Decode an answer. Raises `BlockedError` where the dashboard does not see who asks, and what `Reply.json` raises."""
    answer = reply.json()
    if isinstance(error := answer.get("error"), str) and error.startswith(_NO_ADDRESS):
        raise BlockedError("the dashboard does not see who asks")
    return answer


def accepted(reply: Reply) -> dict[str, Any]:
    """Decode an answer that has status 200 and no error.

    Raises `UnauthorisedError` for what the dashboard refuses and `ReportedError` for its other errors: those say nothing of
    the credential, and neither does an answer that is not the dashboard's, which is a `GatewayError` or `ProtocolError`.
    """
    match answer := answer_of(reply):
        case {"error": str(error)} if error.startswith(_UNAUTHORISED):
            if error.endswith(_LOOKUP_FAILED):
                raise ReportedError(reply.status)
            raise UnauthorisedError
        case {"error": str(error)} if error == UNKNOWN_PATH or error.startswith(_NO_NUMBER):
            raise UnknownPathError(reply.status)
        case {"error": str(error)} if reply.status in (HTTPStatus.OK, HTTPStatus.FORBIDDEN):
            if scope := _SCOPE.search(error):
                raise MissingScopeError(scope[1][:LONGEST_SCOPE])
            raise ReportedError(reply.status)
    if reply.status != HTTPStatus.OK:
        raise reply.unexpected("the answer has no data")
    return answer


def data_of(reply: Reply) -> object:
    """Open the envelope. What is empty is absent in it: that it succeeded has to stand there. Raises what `accepted` raises."""
    answer = accepted(reply)
    if answer.get("success") is not True:
        raise reply.unexpected("the answer has no data")
    return answer.get("data")
