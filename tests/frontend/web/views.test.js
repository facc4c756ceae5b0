import assert from "node:assert/strict";
import { test } from "node:test";

import { plain } from "../../../custom_components/nezha/frontend/web/cards.js";
import { LANGUAGES } from "../../../custom_components/nezha/frontend/web/texts/index.js";
import { viewsOf } from "../../../custom_components/nezha/frontend/web/views/dashboard.js";
import { contextOf } from "../../../custom_components/nezha/frontend/web/views/parts.js";
import { serverView } from "../../../custom_components/nezha/frontend/web/views/server.js";
import { groupsOf, groupView, serversView } from "../../../custom_components/nezha/frontend/web/views/servers.js";
import { servicesView } from "../../../custom_components/nezha/frontend/web/views/services.js";
import { trafficView } from "../../../custom_components/nezha/frontend/web/views/traffic.js";
import { cardsIn, hass, hub, oldHub, server } from "./sample.js";

const context = (hubs, options = {}, more = {}) => contextOf(hass(more), LANGUAGES.en, options, hubs);
const views = (hubs, options = {}, more = {}) => viewsOf(hubs, context(hubs, options, more));
const tabs = (...args) => views(...args).filter(({ subview }) => !subview).map(({ title }) => title);
const serversOf = (only, options) => serversView(only, 0, context([only], options));
const serverCards = (config) => cardsIn(config).filter(({ type }) => type === "custom:nezha-server-card");

test("tabs are what there is to show", () => {
  assert.deepEqual(tabs([hub(8)]), ["Servers", "Services", "Traffic & renewals"]);
  assert.deepEqual(tabs([oldHub(8)]), ["Servers", "Traffic"]);
  assert.deepEqual(tabs([hub(0, { services: [] })]), ["Servers"]);
  assert.deepEqual(tabs([hub(8)], { views: ["traffic", "servers"] }), ["Servers", "Traffic & renewals"]);
  assert.deepEqual(tabs([]), ["Servers"]);
});

test("pages of servers are laid out when they are opened", () => {
  const pages = views([hub(1000)]).filter(({ path }) => path.startsWith("server-"));
  assert.equal(pages.length, 1000);
  for (const page of pages) assert.deepEqual(Object.keys(page).sort(), ["path", "strategy", "subview", "title"]);
  assert.ok(JSON.stringify(views([hub(1000)])).length < 300_000);
});

test("several dashboards are several tabs, and their pages do not meet", () => {
  const other = hub(2, { entry_id: "other", title: "Elsewhere", servers: [1, 2].map((id) => server(id, { device_id: `other-${id}` })) });
  const all = views([hub(2), other]);
  assert.deepEqual(all.filter(({ subview }) => !subview).map(({ title }) => title), [
    "My site",
    "Elsewhere",
    "Services",
    "Traffic & renewals",
  ]);
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
});

for (const [count, size] of [[2, "card"], [24, "card"], [25, "row"], [60, "row"], [100, "row"]]) {
  test(`${count} servers: each once as a ${size}, in its group`, () => {
    const { sections } = serversOf(hub(count));
    const groups = sections.slice(3);
    assert.deepEqual(groups.map(({ cards }) => cards[0].heading).sort(), ["Group 0", "Group 1", "Group 2"].slice(count > 2 ? 0 : 1));
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

test("what needs attention is hidden while there is nothing to say", () => {
  const { sections } = serversOf(hub(3));
  const [heading, ...cards] = sections[2].cards;
  assert.equal(heading.heading, "Needs attention");
  assert.equal(sections[2].visibility[0].conditions.length, cards.length);
  assert.ok(cards.every(({ visibility }) => visibility.length));
  const offline = cards.filter(({ type }) => type === "custom:nezha-server-card");
  assert.deepEqual(offline[0].visibility, [
    { condition: "state", entity: "binary_sensor.server_1_online", state: "off" },
    { condition: "state", entity: "sensor.server_1_boot_time", state_not: ["unknown", "unavailable"] },
  ]);
  const names = cards.filter(({ type }) => type === "tile").map(({ name }) => name);
  assert.deepEqual(names.slice(0, 5), ["Website is down", "DNS is down", "vps-1 · Memory", "vps-1 · Disk", "vps-1 · Monthly"]);
});

test("a dashboard that is away, and one that is waited for, are told apart", () => {
  const alerts = (only) => serversOf(only).sections.filter(({ cards }) => cards[0].type === "markdown");
  assert.deepEqual(alerts(hub(3)).map(({ visibility }) => visibility[0].state), ["off", "unavailable"]);
  const old = hub(3);
  delete old.entities.dashboard;
  assert.deepEqual(alerts(old).map(({ visibility }) => visibility[0]), [
    { condition: "state", entity: "sensor.hub_servers", state: "unavailable" },
  ]);
});

test("servers that never reported can be hidden", () => {
  const cards = serversOf(hub(3), { hide_never_reported: true }).sections.slice(3).flatMap(serverCards);
  assert.ok(cards.every(({ visibility }) => visibility[0].condition === "or"));
  assert.ok(serversOf(hub(3)).sections.slice(3).flatMap(serverCards).every(({ visibility }) => !visibility));
});

test("options choose groups, their order and the form", () => {
  const { sections } = serversOf(hub(30), { groups: ["Group 2", "Group 0"], layout: "card" });
  const groups = sections.slice(3);
  assert.deepEqual(groups.map(({ cards }) => cards[0].heading), ["Group 2", "Group 0"]);
  assert.ok(groups.flatMap(serverCards).every(({ layout }) => layout === "card"));
});

test("a dashboard without groups has one list", () => {
  const servers = [1, 2].map((id) => server(id, { groups: [] }));
  const { sections } = serversOf(hub(0, { servers, groups: [] }));
  assert.deepEqual(sections.slice(3).map(({ cards }) => cards[0].heading), ["Servers"]);
});

test("a page of a server leaves out what it does not have", () => {
  const only = hub(1);
  const [{ entities }] = only.servers;
  for (const key of ["swap", "gpu_0", "temperature_coretemp", "expiry", "cycle_1_used_share", "cycle_1_reset"]) delete entities[key];
  const headings = serverView(only, only.servers[0], context([only]), "/back").sections.map(({ cards }) => cards[0].heading);
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

test("whatever an agent calls its system, it is mere text", () => {
  const model = "{{ states('x') }} <img src=//evil> [a](b) **b** &amp; `c`";
  const only = hub(1);
  const view = serverView(only, only.servers[0], context([only], {}, { devices: { "device-1": { name: "x", model } } }), "/");
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
  assert.deepEqual(visibility(({ name }) => name === "Not probed yet"), [
    { condition: "state", entity: "binary_sensor.service_1_up", state: "unknown" },
  ]);
  assert.deepEqual(visibility(({ type }) => type === "custom:nezha-service-days"), [
    { condition: "state", entity: "binary_sensor.service_1_up", state_not: "unknown" },
  ]);
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
  const states = Object.fromEntries(few.servers.map(({ entities }, index) => [entities.cycle_1_used_share, { state: String([5, 80, 40][index]) }]));
  const named = cardsIn(trafficView([few], context([few], {}, { states }))).filter(({ features_position }) => features_position);
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
