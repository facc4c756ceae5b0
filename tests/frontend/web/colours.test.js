import assert from "node:assert/strict";
import { test } from "node:test";

import {
  AVAILABILITY,
  colourOf,
  DAYS_LEFT,
  LATENCY,
  USAGE,
} from "../../../custom_components/nezha/frontend/web/colours.js";
import { coloured } from "../../../custom_components/nezha/frontend/web/conditions.js";

const CASES = [
  ["usage", USAGE, { 0: "green", 70: "green", 70.1: "orange", 90: "orange", 90.1: "red", 100: "red" }],
  ["availability", AVAILABILITY, { 0: "red", 94.99: "red", 95: "orange", 98.99: "orange", 99: "green", 100: "green" }],
  ["latency", LATENCY, { 0: "green", 99.9: "green", 100: "orange", 299.9: "orange", 300: "red" }],
  ["days left", DAYS_LEFT, { "-3": "red", 6: "red", 7: "orange", 30: "orange", 31: "green" }],
];

/** What a native condition says of a number; both bounds are excluded. */
const holds = ({ above = -Infinity, below = Infinity }, value) => value > above && value < below;

for (const [name, scale, colours] of CASES) {
  test(`colours of ${name}`, () => {
    for (const [value, colour] of Object.entries(colours)) assert.equal(colourOf(scale, Number(value)), colour, value);
    for (const nothing of [undefined, null, NaN]) assert.equal(colourOf(scale, nothing), "disabled");
  });

  test(`native cards of ${name}: exactly one is visible, in the same colour`, () => {
    const cards = coloured({ type: "tile", entity: "sensor.x" }, scale);
    for (const [value, colour] of Object.entries(colours)) {
      const visible = cards.filter(({ color, visibility }) => color && holds(visibility.at(-1), Number(value)));
      assert.deepEqual(
        visible.map(({ color }) => color),
        [colour],
        value,
      );
    }
    const [grey] = cards.filter(({ color }) => !color);
    assert.deepEqual(
      grey.visibility[0].conditions.map(({ state }) => state),
      ["unknown", "unavailable"],
    );
  });
}
