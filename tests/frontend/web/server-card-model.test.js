import assert from "node:assert/strict";
import { test } from "node:test";

import { modelOf } from "../../../custom_components/nezha/frontend/web/server-card-model.js";
import { LANGUAGES } from "../../../custom_components/nezha/frontend/web/texts/index.js";
import { hass, server, state } from "./sample.js";

const NOW = Date.parse("2026-06-01T12:00:00Z");
const { entities } = server(1);
const VALUES = {
  online: ["on"],
  cpu: ["44.6"],
  memory: ["70.4"],
  disk: ["93"],
  net_in_speed: ["0.09", { unit_of_measurement: "MB/s" }],
  net_out_speed: ["800", { unit_of_measurement: "kB/s" }],
  net_in_transfer: ["115.2", { unit_of_measurement: "GiB" }],
  net_out_transfer: ["5.5", { unit_of_measurement: "GB" }],
  boot_time: ["2026-05-22T11:00:00+00:00"],
  expiry: ["2026-07-24T00:00:00+00:00"],
};

const model = (values = {}, config = {}, language = "en") => {
  const all = Object.entries({ ...VALUES, ...values }).filter(([, value]) => value);
  const states = Object.fromEntries(
    all.map(([key, value]) => [entities[key] ?? `sensor.${key}`, state(entities[key], ...value)]),
  );
  const known = { ...entities, ...(values.last_active ? { last_active: "sensor.last_active" } : {}) };
  const setting = { device_id: "device-1", layout: "card", country: "JP", ...config };
  return modelOf(setting, known, hass({ states }), LANGUAGES[language], NOW);
};

test("an online server", () => {
  const { status, name, flag, detail, pill, meters, inSpeed, outSpeed, inTotal, outTotal } = model();
  assert.deepEqual([status, name, flag, detail], ["online", "vps-1", "🇯🇵", "Debian 12.11 · Up 10 d"]);
  assert.deepEqual(pill, { text: "53 d", colour: "green" });
  assert.deepEqual(
    meters.map(({ text, colour, isFull }) => [text, colour, isFull]),
    [
      ["45%", "green", false],
      ["70%", "orange", false],
      ["93%", "red", true],
    ],
  );
  assert.deepEqual([inSpeed, outSpeed, inTotal, outTotal], ["90 kB/s", "800 kB/s", "115 GiB", "5.5 GB (user)"]);
});

test("a row has its speeds in the second line, and the system as a tooltip", () => {
  const { detail, tooltip, pill } = model({}, { layout: "row" });
  assert.equal(detail, "↓ 90 kB/s ↑ 800 kB/s");
  assert.equal(tooltip, "Debian 12.11 · Up 10 d");
  assert.equal(pill, undefined);
});

test("expiry is a pill: always on a card, from thirty days on in a row", () => {
  const pill = (expiry, layout = "card") => model({ expiry: [expiry] }, { layout }).pill;
  assert.deepEqual(pill("2026-06-19T08:00:00Z", "row"), { text: "18 d", colour: "orange" });
  assert.deepEqual(pill("2026-06-04T08:00:00Z", "row"), { text: "3 d", colour: "red" });
  assert.deepEqual(pill("2026-06-01T20:00:00Z"), { text: "Today", colour: "red" });
  assert.deepEqual(pill("2026-06-01T08:00:00Z"), { text: "Expired", colour: "red" });
  assert.deepEqual(pill("2026-01-01T08:00:00Z", "row"), { text: "Expired", colour: "red" });
  for (const none of ["unknown", "unavailable", "nonsense"]) assert.equal(pill(none), undefined);
});

const withoutValues = (values) => {
  const { meters, inSpeed, outSpeed, inTotal, outTotal, status, detail } = model(values);
  assert.ok([...meters.map(({ text }) => text), inSpeed, outSpeed, inTotal, outTotal].every((text) => text === "–"));
  assert.ok(meters.every(({ value, colour }) => value === undefined && colour === "disabled"));
  return [status, detail];
};

test("a server that went offline says since when, and has no values whatever its sensors still show", () => {
  assert.deepEqual(withoutValues({ online: ["off"] }), ["offline", "Offline · 3 min"]);
  assert.deepEqual(withoutValues({ online: ["off"], last_active: ["2026-05-30T12:00:00Z"] }), [
    "offline",
    "Offline · 2 d",
  ]);
  assert.deepEqual(withoutValues({ online: ["off"], last_active: ["unavailable"] }), ["offline", "Offline · 3 min"]);
});

test("what the integration remembers of a server that is offline outlives a restart", () => {
  const { detail } = model({ online: ["off"] }, { silent_since: NOW / 1000 - 5 * 3600 });
  assert.equal(detail, "Offline · 5 h");
  assert.equal(model({}, { silent_since: 1 }).status, "online");
});

test("a server that never reported, and one of which nothing is known", () => {
  assert.deepEqual(withoutValues({ online: ["off"], boot_time: ["unknown"] }), ["never", "Never reported"]);
  assert.deepEqual(withoutValues({ online: ["unavailable"] }), ["unknown", "No data"]);
  assert.deepEqual(withoutValues({ online: ["unknown"] }), ["unknown", "No data"]);
  assert.deepEqual(withoutValues({ online: undefined }), ["unknown", "No data"]);
});

test("where nobody may see whether it is online, its measurements say so", () => {
  const { cpu } = entities;
  const read = (value) =>
    modelOf({ device_id: "device-1" }, { cpu }, hass({ states: { [cpu]: state(cpu, value) } }), LANGUAGES.en, NOW)
      .status;
  assert.equal(read("5"), "online");
  assert.equal(read("unavailable"), "unknown");
});

test("a part that is missing is a dash beside the others", () => {
  const { meters, inSpeed, outSpeed, detail } = model({
    memory: undefined,
    net_in_speed: ["unknown"],
    boot_time: ["bad"],
  });
  assert.deepEqual(
    meters.map(({ text }) => text),
    ["45%", "–", "93%"],
  );
  assert.deepEqual([inSpeed, outSpeed, detail], ["–", "800 kB/s", "Debian 12.11"]);
});

test("more than all is drawn as all, and said as it is", () => {
  const [cpu] = model({ cpu: ["104.6"] }).meters;
  assert.deepEqual([cpu.value, cpu.text], [100, "105%"]);
});

test("who does not see it hears name, state and values", () => {
  assert.equal(model().label, "vps-1, Online, CPU 45%, Memory 70%, Disk 93%, ↓ 90 kB/s ↑ 800 kB/s");
  assert.equal(model({ online: ["off"] }).label, "vps-1, Offline · 3 min");
  assert.equal(model({ online: ["off"] }, {}, "zh-Hans").label, "vps-1, 离线 · 3 分钟");
});
