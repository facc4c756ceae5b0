import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";

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

class FakeElement {}

test("elements are defined once, and offered once, however often the modules are loaded", async () => {
  const defined = new Map();
  globalThis.HTMLElement ??= FakeElement;
  globalThis.window = globalThis;
  globalThis.customElements = {
    get: (name) => defined.get(name),
    define: (name, element) => {
      assert.ok(!defined.has(name), name);
      defined.set(name, element);
    },
  };
  const { define } = await import(`${web}elements.js`);
  define();
  const another = await import(`${web}elements.js?another`);
  another.define();

  assert.ok(["ll-strategy-dashboard-nezha", "nezha-server-card"].every((name) => defined.has(name)));
  assert.equal(globalThis.customStrategies.length, 1);
  assert.deepEqual(globalThis.customStrategies[0].type, "nezha");
  assert.equal(globalThis.customCards.length, 1);
});

test("every kind of view and section that is laid out is an element", () => {
  const names = [...read("elements.js").matchAll(/"ll-strategy-(?:view|section)-(nezha-[a-z]+)"/g)].map(
    ([, name]) => name,
  );
  const lazy = [...read("views/dashboard.js").matchAll(/lazy\("(\w+)"/g)].map(([, kind]) => `nezha-${kind}`);
  assert.deepEqual([...new Set([...lazy, "nezha-attention"])].sort(), names.sort());
});
