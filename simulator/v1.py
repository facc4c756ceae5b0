"""Nezha v1 and v2 on the wire, as recorded from 1.14.14 and 2.3.7; `releases` says what older ones do otherwise.

Here is who may ask; what is answered is in `inventory` and `control`.
"""

import functools
import json
import math
import secrets

from aiohttp import hdrs, web

from . import go
from .callers import GUEST, NO_CSRF, UNAUTHORISED, WRONG_TOKEN, Caller, RefusalError
from .control import Control
from .credentials import PAT_PREFIX
from .dashboard import Dashboard, Temper
from .endpoint import Asked, Endpoint, decoded
from .firewall import Firewall
from .inventory import Inventory
from .live import Live
from .releases import Release, Span, Trait

JWT_COOKIE = "nz-jwt"
CSRF_COOKIE = "nz-csrf"
CSRF_HEADER = "X-CSRF-Token"
LEASING = Temper(forgets_contact=True, blanks_rebooted=True, registers_after=math.inf)


class V1:
    """The endpoints of a v1 or v2 dashboard."""

    def __init__(self, dashboard: Dashboard, firewall: Firewall, live: Live, release: Release) -> None:
        """Speak for a dashboard, as a release does."""
        self.temper = LEASING if release.has(Trait.LEASES) else Temper(registers_after=4)
        self._dashboard = dashboard
        self._firewall = firewall
        self._live = live
        self._release = release
        self._inventory = Inventory(dashboard, release)
        self._endpoints = [*self._inventory.endpoints(), *Control(self._inventory).endpoints()]

    def routes(self, prefix: str) -> list[web.RouteDef]:
        """Return what the dashboard answers, below a path prefix."""
        api = f"{prefix}/api/v1"
        routes = [
            web.post(f"{api}/login", self._log_in),
            web.get(f"{api}/ws/server", self._stream, allow_head=False),
        ]
        for endpoint in self._endpoints:
            if self._has(endpoint.since):
                handler = functools.partial(self._handle, endpoint)
                routes.append(web.route(endpoint.method, api + endpoint.path, handler))
        return routes

    def unknown_path(self) -> web.Response:
        """Return the answer to everything else."""
        return go.response({"error": "404 Not Found"}, 404 if self._has(Trait.NOT_FOUND_IS_404) else 200)

    def blocked(self) -> web.Response:
        """Return the firewall's page."""
        page = (
            '<!DOCTYPE html>\n<html lang="en">\n<head><title>Blocked</title></head>\n<body><main><h1>Blocked</h1>\n'
            '<p>you were blocked by nezha WAF</p>\n<p class="secondary">nezha WAF</p></main></body>\n</html>'
        )
        return web.Response(text=page, status=403, content_type="text/html", charset="utf-8")

    def _has(self, trait: Span | None) -> bool:
        return trait is None or self._release.has(trait)

    async def _handle(self, endpoint: Endpoint, request: web.Request) -> web.Response:
        try:
            caller = self._admit(request, endpoint.scope, guests=endpoint.guests, forced=endpoint.forced)
            caller.require_session(wanted=endpoint.session_only)
            if endpoint.changes and caller.user and self._has(Trait.CSRF):
                _check_csrf(request)
            data = endpoint.answer(Asked(request, caller, await decoded(request) if endpoint.changes else None))
        except RefusalError as refusal:
            return self._refuse(refusal)
        # An empty list is left out, as everything empty (server_services.json); an empty object is not.
        return go.response({"success": True} | ({} if data is None or data == [] else {"data": data}))

    async def _log_in(self, request: web.Request) -> web.Response:
        try:
            asked = json.loads(await request.text())
            login = self._dashboard.credentials.log_in(asked["username"], asked["password"])
        except ValueError, KeyError, TypeError:
            login = None
        if login is None:
            self._firewall.reject(self._firewall.address_of(request))
            return self._refuse(RefusalError(UNAUTHORISED))
        expires = go.time(int(login.expires) + self._dashboard.clock_offset)
        answer = go.response({"success": True, "data": {"token": login.token, "expire": expires}})
        life = int(self._dashboard.credentials.jwt_life)
        answer.set_cookie(JWT_COOKIE, login.token, max_age=life, httponly=True)
        if self._has(Trait.CSRF):
            answer.set_cookie(CSRF_COOKIE, secrets.token_urlsafe(24), max_age=life)
        return answer

    async def _stream(self, request: web.Request) -> web.StreamResponse:
        try:
            caller = self._admit(request, self._inventory.scope, guests=True, forced=True)
        except RefusalError as refusal:
            return self._refuse(refusal)
        return await self._live.serve(request, functools.partial(self._inventory.frame, caller))

    def _refuse(self, refusal: RefusalError) -> web.Response:
        self._dashboard.credentials.refusals[refusal.error] += 1
        return go.response({"error": refusal.error}, refusal.status)

    def _admit(self, request: web.Request, scope: str | None, *, guests: bool, forced: bool) -> Caller:
        """Return who asks, or refuse."""
        caller = self._caller(request)
        if self._dashboard.force_auth and forced and self._has(Trait.FORCE_AUTH):
            guests = False
        if not caller.known and not guests:
            raise RefusalError(UNAUTHORISED)
        caller.require(scope)
        return caller

    def _caller(self, request: web.Request) -> Caller:
        scheme, _, given = request.headers.get(hdrs.AUTHORIZATION, "").partition(" ")
        token = given if scheme == "Bearer" else request.cookies.get(JWT_COOKIE, "")
        credentials = self._dashboard.credentials
        if self._has(Trait.ACCESS_TOKENS) and token.startswith(PAT_PREFIX):
            access = credentials.access_token(token)
            if access is None:
                self._firewall.reject(self._firewall.address_of(request))
                raise RefusalError(WRONG_TOKEN, 401)
            return Caller(token=access)
        # A refused JWT is no rejection to the firewall: it has expired as a rule.
        return Caller(user=True) if credentials.accepts_jwt(token) else GUEST


def _check_csrf(request: web.Request) -> None:
    cookie = request.cookies.get(CSRF_COOKIE, "")
    if not cookie or not secrets.compare_digest(cookie.encode(), request.headers.get(CSRF_HEADER, "").encode()):
        raise RefusalError(NO_CSRF, 403)
