import assert from "node:assert/strict";
import { test } from "node:test";

import {
  deviceName,
  groupServers,
  layoutOf,
  sortServers,
} from "../../../custom_components/nezha/frontend/web/fleet.js";
import { hass, hub, server } from "./sample.js";

const placed = (...groups) => groups.map((names, index) => server(index + 1, { groups: names }));
const shown = (groups) => groups.map(({ name, servers }) => [name, servers.map(({ path }) => path)]);

test("a name that the user gave counts", () => {
  const devices = { a: { name: "vps", name_by_user: "Mine" }, b: { name: "vps", name_by_user: null }, c: {} };
  assert.deepEqual(
    ["a", "b", "c", "d"].map((id) => deviceName({ devices }, id)),
    ["Mine", "vps", "", ""],
  );
});

test("a server is listed once, in its first group; those without come last", () => {
  const servers = placed(["A"], [], ["B", "A"], ["A", "B"]);
  assert.deepEqual(shown(groupServers(servers, ["B", "A"])), [
    ["B", ["server-3"]],
    ["A", ["server-1", "server-4"]],
    [null, ["server-2"]],
  ]);
});

test("groups that nobody is in are not shown", () => {
  assert.deepEqual(shown(groupServers(placed(["A"], ["A", "C"]), ["A", "C"])), [["A", ["server-1", "server-2"]]]);
  assert.deepEqual(groupServers([], ["A"]), []);
});

test("only the groups that are asked for, in their order", () => {
  const servers = placed(["A", "C"], [], ["B"], ["C"]);
  assert.deepEqual(shown(groupServers(servers, ["A", "B", "C"], ["C", "B", "Z"])), [
    ["C", ["server-1", "server-4"]],
    ["B", ["server-3"]],
  ]);
});

test("servers stay in the order of the Nezha dashboard; without one they are sorted by name, and numbers as numbers", () => {
  const servers = [10, 2, 1].map((number) => server(number));
  const paths = (isOrdered) => sortServers(hub(0, { servers, is_ordered: isOrdered }), hass()).map(({ path }) => path);
  assert.deepEqual(paths(true), ["server-10", "server-2", "server-1"]);
  assert.deepEqual(paths(false), ["server-1", "server-2", "server-10"]);
});

test("the form follows the size of the fleet, and the user's choice", () => {
  const forms = [1, 24, 25, 100, 101].map((count) => layoutOf(count));
  assert.deepEqual(
    forms.map(({ size }) => size),
    ["card", "card", "row", "row", "row"],
  );
  assert.deepEqual(
    forms.map(({ isPaged }) => isPaged),
    [false, false, false, false, true],
  );
  assert.deepEqual([1, 4, 5].map(forms[1].groupAsColumn), [true, true, false]);
  assert.equal(forms[2].groupAsColumn(1), false);
  assert.equal(layoutOf(60, "card").size, "card");
  assert.equal(layoutOf(3, "row").size, "row");
});
