import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { beforeEach, mock, test } from "node:test";

import { hass, hub } from "./sample.js";

const web = new URL("../../../custom_components/nezha/frontend/web/", import.meta.url);
const files = readdirSync(web, { recursive: true }).filter((name) => name.endsWith(".js"));
const read = (name) => readFileSync(new URL(name, web), "utf8");

test("a page asks for every module at once", () => {
  const imported = [...read("elements.js").matchAll(/(?:from|import) "\.\/([^"]+)"/g)].map(([, name]) => name);
  const entrances = ["main.js", "elements.js", "types.js"];
  assert.deepEqual(imported.sort(), files.filter((name) => !entrances.includes(name)).sort());
});

test("no module asks anybody else for anything", () => {
  for (const name of files) {
    assert.doesNotMatch(read(name), /\b(fetch|XMLHttpRequest|WebSocket|EventSource|importScripts|eval)\s*\(/, name);
    const urls = [...read(name).matchAll(/https?:\/\/[^\s"'`)]+/g)].map(([url]) => url);
    assert.ok(
      urls.every((url) => url.startsWith("https://github.com/nezha-ha/nezha/")),
      `${name}: ${urls}`,
    );
  }
});

// What looks again each minute keeps no test alive.
beforeEach(() => mock.timers.reset());
beforeEach(() => mock.timers.enable({ apis: ["setInterval"] }));

class FakeElement {}

/** A registry of elements in a page of Home Assistant's. */
function page() {
  const defined = new Map();
  globalThis.HTMLElement ??= FakeElement;
  globalThis.window = globalThis;
  globalThis.customElements = {
    get: (name) => defined.get(name),
    whenDefined: async () => {},
    define: (name, element) => {
      assert.ok(!defined.has(name), name);
      defined.set(name, element);
    },
  };
  return defined;
}

test("elements are defined once, and offered once, however often the modules are loaded", async () => {
  const defined = page();
  const { define } = await import(`${web}elements.js`);
  define();
  const another = await import(`${web}elements.js?another`);
  another.define();

  assert.ok(["ll-strategy-dashboard-nezha", "nezha-server-card"].every((name) => defined.has(name)));
  assert.equal(globalThis.customStrategies.length, 1);
  assert.deepEqual(globalThis.customStrategies[0].type, "nezha");
  assert.equal(globalThis.customCards.length, 1);
});

test("every strategy is defined before Home Assistant has said where the rest is, and waits for it", async () => {
  const defined = page();
  const { ELEMENTS } = await import(`${web}elements.js`);
  let answer;
  const conn = { sendMessagePromise: () => new Promise((resolve) => (answer = resolve)) };
  globalThis.hassConnection = Promise.resolve({ conn });
  await import(`${web}main.js`);
  const strategies = Object.keys(ELEMENTS).filter((name) => name.startsWith("ll-strategy-"));
  assert.deepEqual([...defined.keys()].sort(), strategies.sort());

  const overview = { revision: "1", hubs: [hub(30)] };
  const home = hass({ connection: { sendMessagePromise: async () => overview } });
  const dashboard = defined.get("ll-strategy-dashboard-nezha");
  assert.equal(dashboard.shouldRegenerate({}, home, home), true);
  const generated = dashboard.generate({ type: "custom:nezha" }, home);
  assert.equal(dashboard.shouldRegenerate({}, home, home), false);
  answer({ base: null });
  assert.equal((await generated).views[0].path, "servers");
  assert.ok(defined.has("nezha-server-card"));
  assert.equal(dashboard.shouldRegenerate({}, home, home), false);
  assert.equal(dashboard.shouldRegenerate({}, home, { ...home, devices: {} }), true);
  assert.deepEqual(await dashboard.getCreateSuggestions(), { title: "Nezha", icon: "mdi:server" });
});

test("what could not be loaded is asked for again", async () => {
  const defined = page();
  const bases = ["file:///nowhere", null];
  const conn = { sendMessagePromise: async () => ({ base: bases.shift() }) };
  globalThis.hassConnection = Promise.resolve({ conn });
  const { error } = console;
  console.error = () => {};
  await import(`${web}main.js?unlucky`);
  const view = defined.get("ll-strategy-view-nezha-services");
  const home = hass({ connection: { sendMessagePromise: async () => ({ revision: "1", hubs: [hub(1)] }) } });
  await assert.rejects(view.generate({}, home));
  console.error = error;
  assert.equal(view.shouldRegenerate({}, home, home), true);
  assert.ok((await view.generate({}, home)).sections.length);
});

test("every kind of view and section that is laid out is an element", () => {
  const names = [...read("elements.js").matchAll(/"ll-strategy-(?:view|section)-(nezha-[a-z]+)"/g)].map(
    ([, name]) => name,
  );
  const lazy = [...read("views/dashboard.js").matchAll(/lazy\("(\w+)"/g)].map(([, kind]) => `nezha-${kind}`);
  assert.deepEqual([...new Set([...lazy, "nezha-attention"])].sort(), names.sort());
});
