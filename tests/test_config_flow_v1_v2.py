"""The config flow with v1 and v2: every credential, every refusal with its recovery in the same flow."""

from collections.abc import AsyncIterator, Mapping
import json
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.nezha.const import CONF_GENERATION, CONF_REJECTED, DOMAIN
from homeassistant.config_entries import SOURCE_REAUTH, SOURCE_USER, ConfigEntryState
from homeassistant.const import CONF_HEADERS, CONF_PASSWORD, CONF_TOKEN, CONF_URL, CONF_USERNAME, CONF_VERIFY_SSL
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import device_registry as dr
from simulator import DEMO_PASSWORD, DEMO_PAT, DEMO_USER, SCOPES, Dashboard, Simulator

from .conftest import Clock, refresh, set_up
from .test_config_flow import Flow
from .test_services import BY_PASSWORD, BY_TOKEN, entity_of, entry_for, identity, serving, shown

INVENTORY, SERVICES, READ_TASKS, RUN_TASKS, METRICS = SCOPES[:5]
WRONG_PASSWORD = "mistyped-password"
NEW_PASSWORD = "renewed-password"
WRONG_PAT = "nzp_mistypedToken00000000000000000000"
NEW_PAT = "nzp_renewedToken000000000000000000000"
WAYS = [("v1", "password"), ("v2", "password"), ("v2", "access_token")]


@pytest.fixture
async def v1(clock: Clock, socket_enabled: None) -> AsyncIterator[Simulator]:
    """Serve v1."""
    async with serving("v1") as simulator:
        yield simulator


@pytest.fixture
async def v2(clock: Clock, socket_enabled: None) -> AsyncIterator[Simulator]:
    """Serve v2."""
    async with serving("v2") as simulator:
        yield simulator


async def begin(hass: HomeAssistant, simulator: Simulator) -> Flow:
    """Begin to add a dashboard, and enter its address."""
    flow = Flow(hass, await hass.config_entries.flow.async_init(DOMAIN, context={"source": SOURCE_USER}))
    await flow.address(simulator.url)
    return flow


async def choose(flow: Flow, way: str) -> None:
    """Choose how to sign in to v2."""
    assert flow.result["type"] is FlowResultType.MENU
    assert (flow.result["step_id"], flow.result["menu_options"]) == ("credential", ["access_token", "password"])
    await flow.submit(next_step_id=way)
    assert flow.form == (way, {})


async def ask_for(hass: HomeAssistant, simulator: Simulator, generation: str, way: str) -> Flow:
    """Come to the form that takes a credential."""
    flow = await begin(hass, simulator)
    if generation == "v2":
        await choose(flow, way)
    assert flow.form == (way, {})
    return flow


async def password(flow: Flow, password: str = DEMO_PASSWORD, username: str = DEMO_USER) -> None:
    """Enter a user and password."""
    await flow.submit(**{CONF_USERNAME: username, CONF_PASSWORD: password})


async def keep_password(flow: Flow) -> None:
    """Decline the offer of a token, where v2 makes one."""
    if flow.result.get("step_id") == "least_privilege":
        assert flow.form == ("least_privilege", {})
        await flow.submit(read_only=False)


async def choose_known(flow: Flow) -> None:
    """Choose the password again; the user is filled in, the password never."""
    await flow.submit(next_step_id="password")
    assert flow.form == ("password", {})
    assert flow.suggested == {CONF_USERNAME: DEMO_USER}


def made(flow: Flow) -> Mapping[str, Any]:
    """Return the data of the entry that was made."""
    assert flow.result["type"] is FlowResultType.CREATE_ENTRY
    assert flow.result["result"].state is ConfigEntryState.LOADED
    data: Mapping[str, Any] = flow.result["result"].data
    return data


def sent(simulator: Simulator, secret: str) -> int:
    """Count the requests that carried a token or a password."""
    return sum(
        request.headers.get("Authorization") == f"Bearer {secret}" or json.dumps(secret) in request.text
        for request in simulator.requests
    )


def credentials(simulator: Simulator) -> list[str]:
    """Return the requests that carried anything to be recognised by."""
    return [
        request.path
        for request in simulator.requests
        if "Authorization" in request.headers or "Cookie" in request.headers or request.text
    ]


# --- The good way


@pytest.mark.parametrize("generation", ["v1", "v2"])
async def test_generation_and_name_are_shown_before_a_credential_is_asked_for(
    hass: HomeAssistant, clock: Clock, socket_enabled: None, generation: str
) -> None:
    async with serving(generation) as simulator:
        simulator.dashboard.site_name = "My site"
        flow = await begin(hass, simulator)
        assert flow.result["step_id"] == {"v1": "password", "v2": "credential"}[generation]
        assert flow.result["description_placeholders"] == {
            "dashboard": f"Nezha {generation} · My site",
            "origin": simulator.url,
        }
        assert credentials(simulator) == []


@pytest.mark.parametrize(("generation", "way"), WAYS)
async def test_each_credential_makes_an_entry(
    hass: HomeAssistant, clock: Clock, socket_enabled: None, generation: str, way: str
) -> None:
    async with serving(generation) as simulator:
        flow = await ask_for(hass, simulator, generation, way)
        credential = BY_PASSWORD if way == "password" else BY_TOKEN
        await flow.submit(**credential)
        await keep_password(flow)
        assert made(flow) == {
            CONF_URL: f"{simulator.url}/",
            CONF_GENERATION: generation,
            CONF_VERIFY_SSL: True,
            CONF_HEADERS: {},
            **credential,
        }
        assert flow.result["title"] == "Simulated Nezha"
        [entry] = hass.config_entries.async_entries(DOMAIN)
        assert [*entry.runtime_data.data] == [identity(simulator)]


async def test_a_site_without_a_name_is_called_by_its_address(hass: HomeAssistant, v1: Simulator) -> None:
    v1.dashboard.site_name = ""
    flow = await begin(hass, v1)
    assert flow.result["description_placeholders"]["dashboard"] == "Nezha v1"
    await password(flow)
    made(flow)
    assert flow.result["title"] == v1.url.removeprefix("http://")


async def test_spaces_around_a_user_or_in_a_token_are_taken_out_and_those_of_a_password_stay(
    hass: HomeAssistant, v2: Simulator
) -> None:
    v2.dashboard.credentials.add_user("me", f" {NEW_PASSWORD} ")
    flow = await ask_for(hass, v2, "v2", "password")
    await password(flow, f" {NEW_PASSWORD} ", " me\n")
    await keep_password(flow)
    assert {CONF_USERNAME: "me", CONF_PASSWORD: f" {NEW_PASSWORD} "}.items() <= made(flow).items()


# --- What is rejected


@pytest.mark.parametrize("generation", ["v1", "v2"])
async def test_a_wrong_password_is_sent_once_a_submit(
    hass: HomeAssistant, clock: Clock, socket_enabled: None, generation: str
) -> None:
    async with serving(generation) as simulator:
        flow = await ask_for(hass, simulator, generation, "password")
        for count in (1, 2):
            await password(flow, WRONG_PASSWORD)
            assert flow.form == ("password", {"base": "password_rejected"})
            # What was typed stays, but for the password.
            assert flow.suggested == {CONF_USERNAME: DEMO_USER}
            assert sent(simulator, WRONG_PASSWORD) == count
            assert sum(simulator.firewall.rejections.values()) == count
            clock.tick(20)
        await password(flow)
        await keep_password(flow)
        made(flow)
        assert sent(simulator, WRONG_PASSWORD) == 2


async def test_a_wrong_token_is_sent_once_a_submit(hass: HomeAssistant, clock: Clock, v2: Simulator) -> None:
    flow = await ask_for(hass, v2, "v2", "access_token")
    for count, typed in enumerate((WRONG_PAT, f" {WRONG_PAT}\n"), start=1):
        await flow.token(typed)
        assert flow.form == ("access_token", {"base": "token_rejected"})
        assert flow.suggested == {}
        assert sent(v2, WRONG_PAT) == count
        assert sum(v2.firewall.rejections.values()) == count
        clock.tick(20)
    await flow.token(DEMO_PAT)
    made(flow)
    assert sent(v2, WRONG_PAT) == 2


async def test_where_users_may_sign_in_elsewhere_a_rejection_says_so(
    hass: HomeAssistant, clock: Clock, v2: Simulator
) -> None:
    """In reauth too, where nobody was asked for the address."""
    v2.dashboard.oauth_providers = ["GitHub"]
    flow = await ask_for(hass, v2, "v2", "password")
    await password(flow, WRONG_PASSWORD)
    assert flow.form == ("password", {"base": "password_rejected_oauth"})
    hass.config_entries.flow.async_abort(flow.result["flow_id"])
    clock.tick(20)
    flow = await reauth(hass, v2, entry_for(v2, credential=BY_PASSWORD), "password")
    clock.tick(20)
    await password(flow, WRONG_PASSWORD)
    assert flow.form == ("password", {"base": "password_rejected_oauth"})


async def test_reauth_needs_no_settings_to_log_in(hass: HomeAssistant, clock: Clock, v1: Simulator) -> None:
    """They only tell whether users may sign in elsewhere."""
    flow = await reauth(hass, v1, entry_for(v1, "v1"), "password")
    clock.tick(20)
    v1.faults.set("null:data", path="/setting")
    await password(flow, NEW_PASSWORD)
    assert v1.faults.delivered["null:data"]
    assert flow.end == "reauth_successful"


async def test_a_log_in_leaves_no_cookie(hass: HomeAssistant, v1: Simulator) -> None:
    flow = Flow(hass, await hass.config_entries.flow.async_init(DOMAIN, context={"source": SOURCE_USER}))
    # Of a host that is no more than a number, no cookie would be kept in any case.
    await flow.address(v1.url.replace("127.0.0.1", "nezha.test"))
    await password(flow)
    made(flow)
    assert [request.path for request in v1.requests if "Cookie" in request.headers] == []


@pytest.mark.parametrize("given", [BY_PASSWORD | {CONF_USERNAME: ""}, BY_PASSWORD | {CONF_PASSWORD: ""}])
async def test_half_a_credential_is_not_sent(hass: HomeAssistant, v1: Simulator, given: dict[str, str]) -> None:
    flow = await ask_for(hass, v1, "v1", "password")
    await flow.submit(**given)
    assert flow.error == "password_rejected"
    assert credentials(v1) == []
    await password(flow)
    made(flow)


@pytest.mark.parametrize(("generation", "way"), WAYS)
async def test_a_block_is_named_and_asking_adds_nothing_to_it(
    hass: HomeAssistant, clock: Clock, socket_enabled: None, generation: str, way: str
) -> None:
    async with serving(generation) as simulator:
        flow = await ask_for(hass, simulator, generation, way)
        credential = BY_PASSWORD if way == "password" else BY_TOKEN
        simulator.firewall.reject("127.0.0.1")
        for _ in range(2):
            await flow.submit(**credential)
            assert flow.form == (way, {"base": "blocked"})
        assert sum(simulator.firewall.rejections.values()) == 1
        clock.tick(4)
        await flow.submit(**credential)
        await keep_password(flow)
        made(flow)


async def test_a_wrong_password_and_the_right_one_at_once_is_a_block(
    hass: HomeAssistant, clock: Clock, v1: Simulator
) -> None:
    flow = await ask_for(hass, v1, "v1", "password")
    await password(flow, WRONG_PASSWORD)
    await password(flow)
    assert flow.error == "blocked"
    clock.tick(4)
    await password(flow)
    made(flow)


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ("reset", "cannot_connect"),
        ("html_502", "server_error"),
        ("html_200", "gateway"),
        ("redirect_elsewhere", "moved"),
        ("truncated_json", "bad_answer"),
        ("real_ip_missing", "blocked"),
        ("json_null", "bad_answer"),
    ],
)
@pytest.mark.parametrize(("generation", "way"), WAYS)
async def test_a_fault_is_named_and_the_same_credential_works_later(
    hass: HomeAssistant, clock: Clock, socket_enabled: None, generation: str, way: str, fault: str, error: str
) -> None:
    async with serving(generation) as simulator:
        flow = await ask_for(hass, simulator, generation, way)
        credential = BY_PASSWORD if way == "password" else BY_TOKEN
        simulator.faults.set(fault)
        await flow.submit(**credential)
        assert flow.form == (way, {"base": error})
        if error == "moved":
            assert flow.result["description_placeholders"]["target"] == simulator.faults.elsewhere
        simulator.faults.clear()
        await flow.submit(**credential)
        await keep_password(flow)
        made(flow)


async def test_a_session_that_is_refused_at_once_is_not_taken_for_a_wrong_password(
    hass: HomeAssistant, v1: Simulator
) -> None:
    flow = await ask_for(hass, v1, "v1", "password")
    v1.dashboard.credentials.jwt_life = 0
    await password(flow)
    assert flow.error == "session_refused"
    v1.dashboard.credentials.jwt_life = 3_600
    await password(flow)
    made(flow)


async def test_a_block_on_the_way_to_the_dashboard_is_named_and_passes(
    hass: HomeAssistant, clock: Clock, v2: Simulator
) -> None:
    flow = Flow(hass, await hass.config_entries.flow.async_init(DOMAIN, context={"source": SOURCE_USER}))
    v2.faults.set("real_ip_missing")
    await flow.address(v2.url)
    assert flow.form == ("user", {"base": "blocked"})
    v2.faults.clear()
    await flow.address(v2.url)
    assert flow.result["step_id"] == "credential"


# --- Scopes


async def test_a_token_that_may_not_list_servers_is_refused_with_that_reason(
    hass: HomeAssistant, v2: Simulator
) -> None:
    v2.dashboard.credentials.add_access_token(NEW_PAT, {SERVICES, METRICS})
    flow = await ask_for(hass, v2, "v2", "access_token")
    await flow.token(NEW_PAT)
    assert flow.form == ("access_token", {"base": "missing_scope"})
    assert flow.result["description_placeholders"]["scope"] == INVENTORY
    assert sum(v2.firewall.rejections.values()) == 0
    # It is not rejected: with another scope the same token works.
    v2.dashboard.credentials.add_access_token(NEW_PAT)
    await flow.token(NEW_PAT)
    made(flow)


@pytest.mark.parametrize(
    ("scopes", "missing"),
    [
        ({INVENTORY}, f"`{SERVICES}`, `{READ_TASKS}`, `{RUN_TASKS}`"),
        ({INVENTORY, SERVICES, READ_TASKS}, f"`{RUN_TASKS}`"),
        ({INVENTORY, READ_TASKS, RUN_TASKS}, f"`{SERVICES}`"),
    ],
)
async def test_scopes_that_are_missing_are_named_before_the_entry_is_made(
    hass: HomeAssistant, v2: Simulator, scopes: set[str], missing: str
) -> None:
    v2.dashboard.credentials.add_access_token(NEW_PAT, scopes)
    task = v2.dashboard.add_task("Backup")
    flow = await ask_for(hass, v2, "v2", "access_token")
    await flow.token(NEW_PAT)
    assert flow.form == ("scopes", {})
    assert flow.result["description_placeholders"] == {"scopes": missing}
    assert hass.config_entries.async_entries(DOMAIN) == []
    await flow.submit()
    assert made(flow)[CONF_TOKEN] == NEW_PAT
    assert sum(v2.firewall.rejections.values()) == 0
    assert task.runs == []


@pytest.mark.parametrize("scopes", [set(SCOPES), {INVENTORY, SERVICES, READ_TASKS, RUN_TASKS}])
async def test_a_token_with_all_that_is_needed_goes_on_at_once(
    hass: HomeAssistant, v2: Simulator, scopes: set[str]
) -> None:
    v2.dashboard.credentials.add_access_token(NEW_PAT, scopes)
    flow = await ask_for(hass, v2, "v2", "access_token")
    await flow.token(NEW_PAT)
    made(flow)


async def test_a_token_for_some_servers_has_these_as_its_fleet(hass: HomeAssistant, v2: Simulator) -> None:
    v2.dashboard.add_server("beta")
    v2.dashboard.credentials.add_access_token(NEW_PAT, servers=[2])
    flow = await ask_for(hass, v2, "v2", "access_token")
    await flow.token(NEW_PAT)
    made(flow)
    assert [*flow.result["result"].runtime_data.data] == [identity(v2, 2)]


# --- The same dashboard twice


async def test_the_same_dashboard_is_not_added_twice(hass: HomeAssistant, v2: Simulator) -> None:
    # As v1 or v2: an upgrade keeps its servers.
    entry_for(v2, "v1").add_to_hass(hass)
    flow = await begin(hass, v2)
    assert flow.end == "already_configured"


async def test_nor_by_two_flows_at_once(hass: HomeAssistant, v2: Simulator) -> None:
    flows = [await ask_for(hass, v2, "v2", way) for way in ("access_token", "password")]
    await flows[0].token(DEMO_PAT)
    made(flows[0])
    await password(flows[1])
    assert flows[1].end == "already_configured"


@pytest.mark.parametrize("generation", ["v1", "v2"])
async def test_the_same_servers_under_another_address_are_recognised_by_their_uuids(
    hass: HomeAssistant, clock: Clock, socket_enabled: None, generation: str
) -> None:
    async with serving(generation) as simulator:
        entry = await set_up(hass, entry_for(simulator, generation, BY_PASSWORD))
        moved = Dashboard()
        moved.add_server("renamed", simulator.dashboard.servers[1].machine, server_id=77)
        moved.add_server("new", server_id=78)
        async with serving(generation, moved) as other:
            flow = await ask_for(hass, other, generation, "password")
            await password(flow)
            assert flow.menu == ("same_dashboard", ["move", "keep"])
            await flow.submit(next_step_id="move")
            await keep_password(flow)
            assert flow.end == "reconfigure_successful"
            assert hass.config_entries.async_entries(DOMAIN) == [entry]
            assert entry.data == entry_for(other, generation, BY_PASSWORD).data
            assert shown(hass, "binary_sensor", f"{identity(other, 77)}_online") == "on"


async def test_a_token_that_shows_less_is_of_the_same_dashboard(hass: HomeAssistant, v2: Simulator) -> None:
    for number in range(9):
        v2.dashboard.add_server(f"server {number}")
    await set_up(hass, entry_for(v2))
    v2.dashboard.credentials.add_access_token(NEW_PAT, servers=[2])
    flow = Flow(hass, await hass.config_entries.flow.async_init(DOMAIN, context={"source": SOURCE_USER}))
    await flow.address(v2.url.replace("127.0.0.1", "localhost"))
    await choose(flow, "access_token")
    await flow.token(NEW_PAT)
    assert flow.menu[0] == "same_dashboard"


async def test_a_machine_that_two_dashboards_watch_does_not_make_them_one(
    hass: HomeAssistant, clock: Clock, v2: Simulator
) -> None:
    for number in range(3):
        v2.dashboard.add_server(f"server {number}")
    await set_up(hass, entry_for(v2))
    stranger = Dashboard()
    for number in range(7, 10):
        stranger.add_server(f"elsewhere {number}", server_id=number)
    stranger.add_server("shared", v2.dashboard.servers[1].machine, server_id=11)
    async with serving("v2", stranger) as other:
        flow = await ask_for(hass, other, "v2", "access_token")
        await flow.token(DEMO_PAT)
        made(flow)


async def test_a_site_name_is_shown_as_it_is_in_texts_that_are_markdown(hass: HomeAssistant, v2: Simulator) -> None:
    v2.dashboard.site_name = "[x](http://evil.example) *b*"
    flow = await begin(hass, v2)
    assert flow.result["description_placeholders"]["dashboard"] == (
        r"Nezha v2 · \[x\]\(http\:\/\/evil\.example\) \*b\*"
    )


# --- Least privilege


async def signed_in(hass: HomeAssistant, simulator: Simulator) -> Flow:
    """Sign in to v2 with a password, and come to the offer of a token."""
    flow = await ask_for(hass, simulator, "v2", "password")
    await password(flow)
    assert flow.form == ("least_privilege", {})
    return flow


def tokens(simulator: Simulator) -> list[tuple[str, set[str]]]:
    """Return name and scopes of what the dashboard has made."""
    made = simulator.dashboard.credentials.access_tokens
    return [(token.name, set(token.scopes)) for token in made if token.name == "Home Assistant"]


@pytest.mark.parametrize(
    ("choice", "scopes"),
    [
        ((), set()),
        (("run_tasks",), {READ_TASKS, RUN_TASKS}),
        (("read_history",), {"nezha:server:read"}),
        (("update_agents",), {"nezha:server:write"}),
        (("switch_alert_rules",), {"nezha:alertrule:read", "nezha:alertrule:write"}),
        (("switch_notifications",), {"nezha:service:write"}),
        (("run_tasks", "switch_notifications"), {READ_TASKS, RUN_TASKS, "nezha:service:write"}),
    ],
)
async def test_a_token_that_can_only_read_takes_the_place_of_the_password(
    hass: HomeAssistant, v2: Simulator, choice: tuple[str, ...], scopes: set[str]
) -> None:
    flow = await signed_in(hass, v2)
    assert tokens(v2) == []
    # What is recommended is the default.
    await flow.submit(**dict.fromkeys(choice, True))
    data = made(flow)
    assert tokens(v2) == [("Home Assistant", {INVENTORY, SERVICES} | scopes)]
    assert data[CONF_TOKEN].startswith("nzp_")
    assert not {CONF_USERNAME, CONF_PASSWORD} & data.keys()
    assert DEMO_PASSWORD not in json.dumps(dict(data))
    [create] = [request for request in v2.requests if request.path == "/api/v1/api-tokens"]
    assert create.headers["X-CSRF-Token"] in create.headers["Cookie"]
    [entry] = hass.config_entries.async_entries(DOMAIN)
    assert sent(v2, data[CONF_TOKEN]) > 1
    assert [*entry.runtime_data.data] == [identity(v2)]
    assert entry.state is ConfigEntryState.LOADED


async def test_a_flow_that_is_left_before_its_end_leaves_no_token(hass: HomeAssistant, v2: Simulator) -> None:
    flow = await signed_in(hass, v2)
    hass.config_entries.flow.async_abort(flow.result["flow_id"])
    assert tokens(v2) == []


@pytest.mark.parametrize("fault", ["html_502", "reset", "json_null"])
async def test_where_no_token_is_made_the_password_can_be_kept(hass: HomeAssistant, v2: Simulator, fault: str) -> None:
    flow = await signed_in(hass, v2)
    v2.faults.set(fault, path="/api-tokens")
    await flow.submit()
    assert flow.form == ("least_privilege", {"base": "no_token_made"})
    assert flow.suggested == {"read_only": False}
    assert hass.config_entries.async_entries(DOMAIN) == []
    await keep_password(Flow(hass, flow.result | {"errors": {}}))
    [entry] = hass.config_entries.async_entries(DOMAIN)
    assert BY_PASSWORD.items() <= entry.data.items()


async def test_reconfigure_offers_a_token_too(hass: HomeAssistant, v2: Simulator) -> None:
    entry = await set_up(hass, entry_for(v2, credential=BY_PASSWORD))
    flow = await reconfigure(hass, entry, v2)
    await choose_known(flow)
    await password(flow)
    assert flow.form == ("least_privilege", {})
    await flow.submit()
    assert flow.end == "reconfigure_successful"
    assert CONF_PASSWORD not in entry.data
    assert entry.state is ConfigEntryState.LOADED


# --- A new credential


async def reauth(hass: HomeAssistant, simulator: Simulator, entry: MockConfigEntry, way: str) -> Flow:
    """Let the dashboard reject what an entry has, and begin to answer the question for a new one."""
    await set_up(hass, entry)
    known = simulator.dashboard.credentials
    if CONF_TOKEN in entry.data:
        known.remove_access_token(DEMO_PAT)
    else:
        known.add_user(DEMO_USER, NEW_PASSWORD)
        known.revoke_jwts()
    await refresh(hass, entry)
    assert entry.data[CONF_REJECTED]
    [progress] = hass.config_entries.flow.async_progress()
    assert progress["context"]["source"] == SOURCE_REAUTH
    flow = Flow(hass, await hass.config_entries.flow.async_configure(progress["flow_id"]))
    if entry.data[CONF_GENERATION] == "v2":
        await choose(flow, way)
    assert flow.form == (way, {})
    assert flow.suggested == {}
    return flow


@pytest.mark.parametrize("generation", ["v1", "v2"])
async def test_a_new_password_takes_the_place_of_a_rejected_one(
    hass: HomeAssistant, clock: Clock, socket_enabled: None, generation: str
) -> None:
    async with serving(generation) as simulator:
        entry = entry_for(simulator, generation, BY_PASSWORD)
        flow = await reauth(hass, simulator, entry, "password")
        before = sent(simulator, DEMO_PASSWORD)
        clock.tick(4)
        await password(flow)
        assert flow.form == ("password", {"base": "password_rejected"})
        assert sent(simulator, DEMO_PASSWORD) == before + 1
        clock.tick(20)
        await password(flow, NEW_PASSWORD)
        await keep_password(flow)
        assert flow.end == "reauth_successful"
        assert entry.data == entry_for(simulator, generation, {**BY_PASSWORD, CONF_PASSWORD: NEW_PASSWORD}).data
        assert entry.state is ConfigEntryState.LOADED
        assert shown(hass, "binary_sensor", f"{identity(simulator)}_online") == "on"


async def test_a_new_token_takes_the_place_of_a_rejected_one(hass: HomeAssistant, clock: Clock, v2: Simulator) -> None:
    entry = entry_for(v2)
    flow = await reauth(hass, v2, entry, "access_token")
    before = sent(v2, DEMO_PAT)
    clock.tick(4)
    await flow.token(DEMO_PAT)
    assert flow.error == "token_rejected"
    assert sent(v2, DEMO_PAT) == before + 1
    clock.tick(20)
    v2.dashboard.credentials.add_access_token(NEW_PAT, {INVENTORY})
    await flow.token(NEW_PAT)
    assert flow.form == ("scopes", {})
    assert entry.data[CONF_TOKEN] == DEMO_PAT
    await flow.submit()
    assert flow.end == "reauth_successful"
    assert entry.data == entry_for(v2, credential={CONF_TOKEN: NEW_PAT}).data
    assert entry.state is ConfigEntryState.LOADED


async def test_a_password_takes_the_place_of_a_token(hass: HomeAssistant, clock: Clock, v2: Simulator) -> None:
    entry = entry_for(v2)
    flow = await reauth(hass, v2, entry, "password")
    clock.tick(4)
    await password(flow)
    await keep_password(flow)
    assert flow.end == "reauth_successful"
    assert entry.data == entry_for(v2, credential=BY_PASSWORD).data


async def test_a_credential_of_another_fleet_is_refused(hass: HomeAssistant, clock: Clock, v2: Simulator) -> None:
    entry = entry_for(v2)
    flow = await reauth(hass, v2, entry, "access_token")
    clock.tick(4)
    v2.dashboard.add_server("alpha")
    v2.dashboard.credentials.add_access_token(NEW_PAT, servers=[2])
    await flow.token(NEW_PAT)
    assert flow.form == ("access_token", {"base": "another_dashboard"})
    v2.dashboard.credentials.add_access_token(NEW_PAT)
    await flow.token(NEW_PAT)
    assert flow.end == "reauth_successful"


# --- Another address


async def reconfigure(hass: HomeAssistant, entry: MockConfigEntry, simulator: Simulator) -> Flow:
    """Give an entry another address."""
    flow = Flow(hass, await entry.start_reconfigure_flow(hass))
    assert flow.form == ("reconfigure", {})
    await flow.address(simulator.url)
    return flow


@pytest.mark.parametrize(("generation", "way"), WAYS)
async def test_the_same_fleet_at_a_new_address_keeps_all_though_renamed_and_renumbered(
    hass: HomeAssistant, clock: Clock, socket_enabled: None, generation: str, way: str
) -> None:
    async with serving(generation) as simulator:
        credential = BY_PASSWORD if way == "password" else BY_TOKEN
        entry = await set_up(hass, entry_for(simulator, generation, credential))
        cpu = entity_of(hass, "sensor", f"{identity(simulator)}_cpu")
        moved = Dashboard()
        moved.add_server("renamed", simulator.dashboard.servers[1].machine, server_id=77)
        async with serving(generation, moved) as other:
            flow = await reconfigure(hass, entry, other)
            if generation == "v2":
                await choose(flow, way)
            assert flow.form == (way, {})
            # Secrets are for their own origin, and a password for nobody but who types it.
            assert flow.suggested == ({CONF_USERNAME: DEMO_USER} if way == "password" else {})
            assert credentials(other) == []
            await flow.submit(**credential)
            await keep_password(flow)
            assert flow.end == "reconfigure_successful"
            assert entry.data == entry_for(other, generation, credential).data
            assert entry.state is ConfigEntryState.LOADED
            assert entity_of(hass, "sensor", f"{identity(other, 77)}_cpu") == cpu
            assert shown(hass, "binary_sensor", f"{identity(other, 77)}_online") == "on"


@pytest.mark.parametrize("generation", ["v1", "v2"])
async def test_another_fleet_is_refused_though_it_has_the_same_names_and_numbers(
    hass: HomeAssistant, clock: Clock, socket_enabled: None, generation: str
) -> None:
    async with serving(generation) as simulator:
        entry = await set_up(hass, entry_for(simulator, generation, BY_PASSWORD))
        stranger = Dashboard()
        stranger.add_server("elsewhere", server_id=9)
        stranger.add_server("alpha", server_id=10)
        async with serving(generation, stranger) as other:
            flow = await reconfigure(hass, entry, other)
            if generation == "v2":
                await choose(flow, "password")
            await password(flow)
            assert flow.form == ("password", {"base": "another_dashboard"})
            assert entry.data[CONF_URL] == f"{simulator.url}/"
            stranger.add_server("anything", simulator.dashboard.servers[1].machine)
            await password(flow)
            await keep_password(flow)
            assert flow.end == "reconfigure_successful"


async def test_services_alone_do_not_make_a_fleet(hass: HomeAssistant, v2: Simulator) -> None:
    v2.dashboard.servers.clear()
    v2.dashboard.add_service("Website")
    entry = await set_up(hass, entry_for(v2))
    assert len(dr.async_entries_for_config_entry(dr.async_get(hass), entry.entry_id)) == 2
    async with serving() as other:
        flow = await reconfigure(hass, entry, other)
        await choose(flow, "access_token")
        await flow.token(DEMO_PAT)
        assert flow.end == "reconfigure_successful"


async def test_a_token_can_take_the_place_of_a_password(hass: HomeAssistant, v2: Simulator) -> None:
    entry = await set_up(hass, entry_for(v2, credential=BY_PASSWORD))
    flow = await reconfigure(hass, entry, v2)
    await choose(flow, "access_token")
    assert flow.suggested == {}
    await flow.token(DEMO_PAT)
    assert flow.end == "reconfigure_successful"
    assert entry.data == entry_for(v2).data


async def test_a_dashboard_that_was_upgraded_meanwhile_goes_on(
    hass: HomeAssistant, clock: Clock, v1: Simulator
) -> None:
    entry = await set_up(hass, entry_for(v1, "v1"))
    await v1.switch("v2")
    flow = await reconfigure(hass, entry, v1)
    await choose(flow, "access_token")
    await flow.token(DEMO_PAT)
    assert flow.end == "reconfigure_successful"
    assert entry.data == entry_for(v1, "v2").data


async def test_v2_is_no_new_address_of_v0(hass: HomeAssistant, clock: Clock, socket_enabled: None) -> None:
    dashboard = Dashboard(tokens=[DEMO_PAT])
    dashboard.add_server("alpha")
    async with serving("v0", dashboard) as simulator:
        entry = await set_up(hass, entry_for(simulator, "v0", BY_TOKEN))
        await simulator.switch("v2")
        flow = await reconfigure(hass, entry, simulator)
        await choose(flow, "access_token")
        await flow.token(DEMO_PAT)
        assert flow.error == "another_dashboard"
        assert entry.data[CONF_GENERATION] == "v0"


# --- Options


@pytest.mark.parametrize("generation", ["v0", "v1", "v2"])
async def test_only_what_sends_frames_has_a_pace_for_them(
    hass: HomeAssistant, clock: Clock, socket_enabled: None, generation: str
) -> None:
    dashboard = Dashboard(tokens=[DEMO_PAT])
    server = dashboard.add_server("alpha", tag="Tokyo")
    dashboard.add_group("Tokyo", [server.id])
    dashboard.add_group("Asia", [server.id])
    async with serving(generation, dashboard) as simulator:
        credential = BY_PASSWORD if generation == "v1" else BY_TOKEN
        entry = await set_up(hass, entry_for(simulator, generation, credential))
        form = await hass.config_entries.options.async_init(entry.entry_id)
        fields = [str(marker) for marker in form["data_schema"].schema]
        pace = [] if generation == "v0" else ["metrics_interval"]
        agent = [] if generation == "v0" else ["published_agent"]
        assert fields == ["scan_interval", *pace, "offline_after", "groups", "group_as_area", *agent]
        selector = form["data_schema"].schema["groups"]
        groups = [option["value"] for option in selector.config["options"]]
        assert groups == [*(["Tokyo"] if generation == "v0" else ["Asia", "Tokyo"]), "ungrouped"]

        given = {"scan_interval": 60, "offline_after": 45, "groups": ["Tokyo"], "group_as_area": False}
        given |= dict.fromkeys(pace, 10) | dict.fromkeys(agent, False)
        end = await hass.config_entries.options.async_configure(form["flow_id"], given)
        assert end["type"] is FlowResultType.CREATE_ENTRY
        await hass.async_block_till_done()
        assert entry.options == given
        assert entry.state is ConfigEntryState.LOADED
