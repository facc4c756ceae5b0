import assert from "node:assert/strict";
import { test } from "node:test";

import { plain } from "../../../custom_components/nezha/frontend/web/cards.js";
import { LANGUAGES } from "../../../custom_components/nezha/frontend/web/texts/index.js";
import { attentionSection, concernsOf, heldBy } from "../../../custom_components/nezha/frontend/web/views/attention.js";
import { viewsOf } from "../../../custom_components/nezha/frontend/web/views/dashboard.js";
import { contextOf } from "../../../custom_components/nezha/frontend/web/views/parts.js";
import { serverView } from "../../../custom_components/nezha/frontend/web/views/server.js";
import { groupsOf, groupView, serversView } from "../../../custom_components/nezha/frontend/web/views/servers.js";
import { servicesView } from "../../../custom_components/nezha/frontend/web/views/services.js";
import { trafficView } from "../../../custom_components/nezha/frontend/web/views/traffic.js";
import { cardsIn, hass, hub, oldHub, server } from "./sample.js";

const context = (hubs, options = {}, more = {}) => contextOf(hass(more), LANGUAGES.en, options, hubs);
const views = (hubs, options = {}, more = {}) => viewsOf(hubs, context(hubs, options, more));
const tabs = (...args) =>
  views(...args)
    .filter(({ subview }) => !subview)
    .map(({ title }) => title);
const serversOf = (only, options) => serversView(only, 0, context([only], options));
const serverCards = (config) => cardsIn(config).filter(({ type }) => type === "custom:nezha-server-card");

test("tabs are what there is to show", () => {
  assert.deepEqual(tabs([hub(8)]), ["Servers", "Services", "Traffic & renewals"]);
  assert.deepEqual(tabs([oldHub(8)]), ["Servers", "Traffic"]);
  assert.deepEqual(tabs([hub(0, { services: [] })]), ["Servers"]);
  assert.deepEqual(tabs([hub(8)], { views: ["traffic", "servers"] }), ["Servers", "Traffic & renewals"]);
  assert.deepEqual(tabs([]), ["Servers"]);
});

test("speeds of a fleet are badges in the unit that reads best", () => {
  const badges = serversOf(hub(8)).badges.filter(({ type }) => type === "custom:nezha-speed-badge");
  assert.deepEqual(
    badges.map(({ entity }) => entity),
    ["sensor.hub_net_in_speed", "sensor.hub_net_out_speed"],
  );
});

test("pages of servers are laid out when they are opened", () => {
  const pages = views([hub(1000)]).filter(({ path }) => path.startsWith("server-"));
  assert.equal(pages.length, 1000);
  for (const page of pages) assert.deepEqual(Object.keys(page).sort(), ["path", "strategy", "subview", "title"]);
  assert.ok(JSON.stringify(views([hub(1000)])).length < 300_000);
});

test("several dashboards are several tabs, and their pages do not meet", () => {
  const other = hub(2, {
    entry_id: "other",
    title: "Elsewhere",
    servers: [1, 2].map((id) => server(id, { device_id: `other-${id}` })),
  });
  const all = views([hub(2), other]);
  assert.deepEqual(
    all.filter(({ subview }) => !subview).map(({ title }) => title),
    ["My site", "Elsewhere", "Services", "Traffic & renewals"],
  );
  assert.equal(new Set(all.map(({ path }) => path)).size, all.length);
  const [first] = serverCards(serversView(other, 1, context([hub(2), other])));
  assert.ok(all.some(({ path }) => first.navigation_path === `/nezha-demo/${path}`));
});

test("a new user is shown where to begin", () => {
  const [{ sections }] = views([]);
  assert.equal(cardsIn(sections)[0].type, "empty-state");
  assert.equal(cardsIn(sections)[0].buttons.length, 1);
  assert.equal(cardsIn(views([], {}, { user: { is_admin: false } })[0].sections)[0].buttons.length, 0);
  const [, empty] = [hub(8), serversOf(hub(0))];
  const card = cardsIn(empty).find(({ type }) => type === "empty-state");
  assert.equal(card.buttons[0].tap_action.url_path, "http://nezha.example/");
});

test("one server is a page of its own", () => {
  const view = serversOf(hub(1));
  assert.equal(serverCards(view).length, 0);
  assert.ok(cardsIn(view).some(({ type }) => type === "history-graph"));
  assert.equal(view.header.card.content, "# vps&#45;1");
  assert.equal(view.badges[0].entity, "binary_sensor.server_1_online");
  assert.equal(view.sections.filter(({ cards }) => cards[0].content?.includes(LANGUAGES.en.unreachable)).length, 1);
});

for (const [count, size] of [
  [2, "card"],
  [24, "card"],
  [25, "row"],
  [60, "row"],
  [100, "row"],
]) {
  test(`${count} servers: each once as a ${size}, in its group`, () => {
    const { sections } = serversOf(hub(count));
    const groups = sections.slice(3);
    assert.deepEqual(
      groups.map(({ cards }) => cards[0].heading).sort(),
      ["Group 0", "Group 1", "Group 2"].slice(count > 2 ? 0 : 1),
    );
    const cards = groups.flatMap(serverCards);
    assert.equal(new Set(cards.map(({ device_id }) => device_id)).size, count);
    assert.ok(cards.every(({ layout }) => layout === size));
    const span = count <= 12 ? 1 : 4;
    assert.ok(groups.every(({ column_span }) => column_span === span));
  });
}

for (const count of [101, 500, 1000]) {
  test(`${count} servers: a page a group, and nothing hidden for each of them`, () => {
    const large = hub(count);
    const view = serversOf(large);
    assert.ok(cardsIn(view).length < 20);
    const shortcuts = cardsIn(view).filter(({ type }) => type === "shortcut");
    const pages = views([large]).filter(({ path }) => path.startsWith("group-"));
    assert.deepEqual(
      shortcuts.map(({ tap_action }) => tap_action.navigation_path),
      pages.map(({ path }) => `/nezha-demo/${path}`),
    );
    const [heading] = view.sections.find(({ cards }) => cards?.includes(shortcuts[0])).cards;
    assert.equal(heading.heading, "Servers");
    const listed = groupsOf(large, context([large])).flatMap((group) =>
      serverCards(groupView(large, group, context([large]))),
    );
    assert.equal(new Set(listed.map(({ device_id }) => device_id)).size, count);
  });
}

test("many groups are pages behind the first, not tabs", () => {
  const servers = Array.from({ length: 200 }, (_, index) => server(index + 1, { groups: [`G${index % 20}`] }));
  const pages = (groups) => views([hub(0, { servers, groups })]).filter(({ path }) => path.startsWith("group-"));
  const all = Array.from({ length: 20 }, (_, index) => `G${index}`);
  assert.ok(pages(all).every(({ subview, back_path }) => subview && back_path === "/nezha-demo/servers"));
});

const concerns = (states, only = hub(3), more = {}) => {
  const made = context([only], {}, { states, ...more });
  const all = concernsOf(only, only.servers, made);
  return { held: heldBy(all, states), ...attentionSection(all, states, made) };
};
const told = (states, only) =>
  concerns(states, only)
    .cards.slice(1)
    .map(({ name, device_id }) => name ?? device_id);
const is = (...pairs) => Object.fromEntries(pairs.map(([id, state]) => [id, { state }]));

test("the place of what needs attention is laid out by itself", () => {
  const place = serversOf(hub(3), { groups: ["Group 1", "Group 2"] }).sections[2];
  assert.deepEqual(place, {
    column_span: 4,
    strategy: { type: "custom:nezha-attention", hub: "hub", groups: ["Group 1", "Group 2"] },
  });
});

test("with nothing to say it is not seen", () => {
  for (const states of [{}, is(["binary_sensor.server_1_online", "on"], ["sensor.server_1_disk", "90"])]) {
    const { cards, visibility } = concerns(states);
    assert.deepEqual([cards, visibility], [[], [{ condition: "or", conditions: [] }]]);
  }
});

test("what needs attention: who is offline, what is down, what is full, what expires", () => {
  const only = hub(2);
  only.servers[1].entities.days_left = "sensor.server_2_days_left";
  const states = is(
    ["binary_sensor.server_2_online", "off"],
    ["sensor.server_2_boot_time", "2026-01-01T00:00:00Z"],
    ["binary_sensor.service_1_up", "off"],
    ["sensor.service_1_today", "76.7"],
    ["sensor.server_1_memory", "90.1"],
    ["sensor.server_1_disk", "99"],
    ["sensor.server_1_cpu", "99"],
    ["sensor.server_1_cycle_1_used_share", "93.3"],
    ["sensor.server_2_days_left", "6"],
  );
  assert.deepEqual(told(states, only), [
    "device-2",
    "Website is down",
    "vps-1 · Memory",
    "vps-1 · Disk",
    "vps-1 · Monthly",
    "vps-2 · Expiry",
  ]);
});

test("who never reported, and what is only half back after a start, needs none", () => {
  const states = is(
    ["binary_sensor.server_1_online", "off"],
    ["sensor.server_1_boot_time", "unknown"],
    ["binary_sensor.server_2_online", "unavailable"],
    ["binary_sensor.service_1_up", "off"],
    ["sensor.service_1_today", "unavailable"],
    ["sensor.server_1_memory", "unavailable"],
    ["sensor.server_1_disk", ""],
  );
  assert.deepEqual(told(states), []);
});

test("a service that is down is red as far as any figure of it is to be seen", () => {
  const only = hub(1);
  const shown = () =>
    concerns(is(["binary_sensor.service_1_up", "off"], ["sensor.service_1_today", "1"]), only).cards[1].entity;
  assert.equal(shown(), "sensor.service_1_today");
  delete only.services[0].entities.availability_today;
  assert.equal(shown(), "sensor.service_1_30_days");
});

test("it is laid out anew when something begins or ceases, and not when a value moves", () => {
  const held = (disk, other) => concerns(is(["sensor.server_1_disk", disk], ["sensor.server_2_disk", other])).held;
  assert.equal(held("95", "10"), held("96", "89"));
  assert.notEqual(held("95", "10"), held("10", "95"));
  assert.notEqual(held("95", "10"), held("95", "95"));
});

test("of too many concerns the gravest are shown", () => {
  const only = hub(500);
  const states = Object.fromEntries(
    only.servers.flatMap(({ entities }) => [
      [entities.online, { state: "off" }],
      [entities.boot_time, { state: "2026-01-01T00:00:00Z" }],
    ]),
  );
  assert.equal(told(states, only).length, 24);
});

test("a dashboard that is away, and one that is waited for, are told apart", () => {
  const alerts = (only) => serversOf(only).sections.filter(({ cards }) => cards?.[0].type === "markdown");
  assert.deepEqual(
    alerts(hub(3)).map(({ visibility }) => visibility[0].state),
    ["off", "unavailable"],
  );
  const old = hub(3);
  delete old.entities.dashboard;
  assert.deepEqual(
    alerts(old).map(({ visibility }) => visibility[0]),
    [{ condition: "state", entity: "sensor.hub_servers", state: "unavailable" }],
  );
});

test("servers that never reported can be hidden", () => {
  const cards = serversOf(hub(3), { hide_never_reported: true }).sections.slice(3).flatMap(serverCards);
  assert.ok(cards.every(({ visibility }) => visibility[0].condition === "or"));
  assert.ok(
    serversOf(hub(3))
      .sections.slice(3)
      .flatMap(serverCards)
      .every(({ visibility }) => !visibility),
  );
});

test("options choose groups, their order and the form", () => {
  const { sections } = serversOf(hub(30), { groups: ["Group 2", "Group 0"], layout: "card" });
  const groups = sections.slice(3);
  assert.deepEqual(
    groups.map(({ cards }) => cards[0].heading),
    ["Group 2", "Group 0"],
  );
  assert.ok(groups.flatMap(serverCards).every(({ layout }) => layout === "card"));
});

test("a dashboard without groups has one list", () => {
  const servers = [1, 2].map((id) => server(id, { groups: [] }));
  const { sections } = serversOf(hub(0, { servers, groups: [] }));
  assert.deepEqual(
    sections.slice(3).map(({ cards }) => cards[0].heading),
    ["Servers"],
  );
});

test("a page of a server leaves out what it does not have", () => {
  const only = hub(1);
  const [{ entities }] = only.servers;
  for (const key of ["swap", "gpu_0", "temperature_coretemp", "expiry", "cycle_1_used_share", "cycle_1_reset"])
    delete entities[key];
  const headings = serverView(only, only.servers[0], context([only]), "/back").sections.map(
    ({ cards }) => cards[0].heading,
  );
  assert.deepEqual(headings, [
    undefined,
    undefined,
    undefined,
    "Now",
    "Network",
    "Usage · 24 h",
    "Speed · 24 h",
    "Load · 24 h",
    "Traffic by day",
    "Activity",
  ]);
});

test("a page of a server of which next to nothing is to be seen is made all the same", () => {
  for (const entities of [{}, { cpu: "sensor.cpu" }, { online: "binary_sensor.online" }]) {
    const bare = server(1, { entities });
    const only = hub(0, { servers: [bare] });
    const view = serverView(only, bare, context([only]), "/back");
    assert.ok(!JSON.stringify(view).includes("undefined"));
    assert.ok(view.sections.every(({ cards }) => cards.length));
    for (const make of [serversOf(only), serversOf(hub(0, { servers: [bare, server(2)], entities: {} }))]) {
      assert.ok(!JSON.stringify(make).includes("undefined"));
    }
    assert.ok(!JSON.stringify(trafficView([only], context([only]))).includes("undefined"));
  }
});

test("a page of a server says what it is and which agent it has", () => {
  const only = hub(1);
  const devices = { "device-1": { name: "tokyo-1", model: "Ubuntu 24.04", hw_version: "x86_64 (kvm)" } };
  const said = (/** @type {string} */ agent) =>
    serverView(only, { ...only.servers[0], agent }, context([only], {}, { devices }), "/").header.card.content.replace(
      /&#(\d+);/g,
      (/** @type {string} */ _, /** @type {string} */ code) => String.fromCharCode(Number(code)),
    );
  assert.equal(said("2.3.4"), "### Ubuntu 24.04 · x86_64 (kvm) · agent 2.3.4");
  assert.equal(said(""), "### Ubuntu 24.04 · x86_64 (kvm)");
});

test("whatever an agent calls its system, it is mere text", () => {
  const model = "{{ states('x') }} <img src=//evil> [a](b) **b** &amp; `c`";
  const only = hub(1);
  const view = serverView(
    only,
    only.servers[0],
    context([only], {}, { devices: { "device-1": { name: "x", model } } }),
    "/",
  );
  const { content } = view.header.card;
  assert.doesNotMatch(content.slice(4), /[{}<>[\]()*`'"\\]/);
  assert.equal(plain("a\n# b"), "a &#35; b");
  assert.equal(plain("香港 🇭🇰 x86"), "香港 🇭🇰 x86");
  assert.match(serversOf(hub(2, { title: "{{ 1 }}" })).header.card.content, /^# [^{}]*$/);
});

test("services show the days that the dashboard told, or those that were recorded", () => {
  const only = hub(1);
  const types = (config) => cardsIn(config).map(({ type }) => type);
  assert.ok(types(servicesView([only], context([only]))).includes("custom:nezha-service-days"));
  only.services.forEach((service) => (service.days = []));
  assert.ok(types(servicesView([only], context([only]))).includes("statistics-graph"));
});

test("while the dashboard is away a service has its past, and is not called one that was never probed", () => {
  const only = hub(1);
  const [alert, , { cards }] = servicesView([only], context([only])).sections;
  assert.deepEqual(alert.visibility, [{ condition: "state", entity: "binary_sensor.hub_dashboard", state: "off" }]);
  const visibility = (test) => cards.find(test).visibility;
  assert.deepEqual(
    visibility(({ name }) => name === "Not probed yet"),
    [{ condition: "state", entity: "binary_sensor.service_1_up", state: "unknown" }],
  );
  assert.deepEqual(
    visibility(({ type }) => type === "custom:nezha-service-days"),
    [{ condition: "state", entity: "binary_sensor.service_1_up", state_not: "unknown" }],
  );
});

test("many services do without graphs of their latency", () => {
  const many = hub(1, { services: Array.from({ length: 13 }, () => hub(0).services[0]) });
  assert.ok(!JSON.stringify(servicesView([many], context([many]))).includes("trend-graph"));
});

test("a task asks before it runs, and a tap on its icon does nothing", () => {
  const only = hub(2);
  const tile = cardsIn(trafficView([only], context([only]))).find(({ entity }) => entity === "button.hub_task_1");
  assert.equal(tile.tap_action.perform_action, "button.press");
  assert.ok(tile.tap_action.confirmation.text);
  assert.deepEqual(tile.icon_tap_action, { action: "none" });
  assert.ok(!JSON.stringify(trafficView([only], context([only], { tasks: false }))).includes("button"));
});

test("traffic cycles are tiles, fullest first; of a large fleet only those that are half full", () => {
  const few = hub(3);
  const states = Object.fromEntries(
    few.servers.map(({ entities }, index) => [entities.cycle_1_used_share, { state: String([5, 80, 40][index]) }]),
  );
  const named = cardsIn(trafficView([few], context([few], {}, { states }))).filter(
    ({ features_position }) => features_position,
  );
  assert.deepEqual([...new Set(named.map(({ name }) => name))], ["vps-2", "vps-3", "vps-1"]);
  const many = hub(25);
  const filter = cardsIn(trafficView([many], context([many]))).find(({ type }) => type === "entity-filter");
  assert.equal(filter.entities.length, 25);
});

test("v0 has traffic, and neither renewals nor tasks", () => {
  const old = oldHub(3);
  const headings = trafficView([old], context([old])).sections.map(({ cards }) => cards[0].heading);
  assert.deepEqual(headings, [undefined, undefined, "Traffic"]);
});
