import assert from "node:assert/strict";
import { test } from "node:test";

import * as formatting from "../../../custom_components/nezha/frontend/web/formatting.js";
import { LANGUAGES } from "../../../custom_components/nezha/frontend/web/texts/index.js";
import { hass, state } from "./sample.js";

const EN = { language: "en" };
const { formatAge, formatNumber, formatSize, formatSpeed, formatState } = formatting;

test("speeds are in kB/s below a megabyte, whatever their unit is", () => {
  const cases = [
    [0, "MB/s", "0 kB/s"],
    [0.0004, "MB/s", "0.4 kB/s"],
    [0.37, "MB/s", "370 kB/s"],
    [370, "kB/s", "370 kB/s"],
    [999.9, "kB/s", "1 MB/s"],
    [1.14, "MB/s", "1.1 MB/s"],
    [12.6, "MB/s", "13 MB/s"],
    [1.25, "GB/s", "1.3 GB/s"],
    [5, "B/s", "0 kB/s"],
  ];
  for (const [value, unit, text] of cases) assert.equal(formatSpeed(value, unit, EN), text);
});

test("traffic is in GiB, a little in MiB, and from a thousand GiB on in TiB", () => {
  const cases = [
    [0, "GiB", "0 GiB"],
    [0.012, "GiB", "12 MiB"],
    [0.2, "GiB", "0.2 GiB"],
    [115.4, "GiB", "115 GiB"],
    [999.4, "GiB", "999 GiB"],
    [1000, "GiB", "1 TiB"],
    [1663.3, "GiB", "1.6 TiB"],
    [200_000, "GiB", "195 TiB"],
    [2 ** 31, "B", "2 GiB"],
  ];
  for (const [value, unit, text] of cases) assert.equal(formatSize(value, unit, EN), text);
});

test("a unit that the user has chosen is left to Home Assistant", () => {
  assert.equal(formatSpeed(1, "Mbit/s", EN), undefined);
  assert.equal(formatSize(1, "GB", EN), undefined);
  assert.equal(formatSize(1, undefined, EN), undefined);
});

test("a state that is no number is left to Home Assistant", () => {
  const text = (value, unit) =>
    formatState(state("sensor.speed", value, { unit_of_measurement: unit }), formatSpeed, hass());
  assert.equal(text("10467.0", "kB/s"), "10 MB/s");
  assert.equal(text("467.4", "kB/s"), "467 kB/s");
  assert.equal(text("1", "Mbit/s"), "1 Mbit/s (user)");
  assert.equal(text("unavailable", "kB/s"), "unavailable kB/s (user)");
});

test("numbers are written as the user has it", () => {
  const write = (locale) => formatNumber(1234.5, 1, { language: "en", ...locale });
  assert.equal(write({ number_format: "comma_decimal" }), "1,234.5");
  assert.equal(write({ number_format: "decimal_comma" }), "1.234,5");
  assert.equal(write({ number_format: "none" }), "1234.5");
  assert.equal(write({ number_format: "language", language: "de" }), "1.234,5");
  assert.match(write({ language: "not a language" }), /1.?234.5/);
});

test("ages are in their greatest unit", () => {
  const seconds = (age) => formatAge(0, age * 1000, LANGUAGES.en);
  assert.deepEqual([0, 59, 60, 3599, 3600, 86_399, 86_400, 90 * 86_400].map(seconds), [
    "<1 min",
    "<1 min",
    "1 min",
    "59 min",
    "1 h",
    "23 h",
    "1 d",
    "90 d",
  ]);
  assert.equal(seconds(-5), "<1 min");
  assert.equal(formatAge(0, 3_600_000, LANGUAGES["zh-Hans"]), "1 小时");
});

test("days are counted from midnight to midnight", () => {
  const at = (day, hour) => new Date(2026, 2, day, hour).getTime();
  assert.equal(formatting.daysUntil(at(2, 0), at(1, 23)), 1);
  assert.equal(formatting.daysUntil(at(1, 23), at(1, 1)), 0);
  assert.equal(formatting.daysUntil(at(1, 1), at(3, 1)), -2);
  // The clocks change in between, in many places.
  assert.equal(formatting.daysUntil(at(31, 0), at(1, 0)), 30);
});

test("countries are flags", () => {
  assert.equal(formatting.flagOf("JP"), "🇯🇵");
  assert.equal(formatting.flagOf("hk"), "🇭🇰");
  for (const none of [undefined, "", "J", "JPN", "1<"]) assert.equal(formatting.flagOf(none), undefined);
});
