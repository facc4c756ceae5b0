import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";

import { fetchHubs, followPage, isPageOutdated } from "../../../custom_components/nezha/frontend/web/overview.js";
import { hass, hub } from "./sample.js";

/** A connection that answers what it is given, one after the other. */
function connection(...answers) {
  const asked = [];
  const sendMessagePromise = async (message) => {
    asked.push(message);
    const answer = answers.shift();
    if (answer instanceof Error) throw answer;
    return answer;
  };
  return { asked, sendMessagePromise };
}

const overview = (revision, count = 1) => ({ revision, hubs: [hub(count)] });
const minute = async () => {
  mock.timers.tick(60_000);
  for (let turn = 0; turn < 5; turn++) await Promise.resolve();
};

beforeEach(() => {
  mock.timers.reset();
  mock.timers.enable({ apis: ["Date", "setInterval"] });
  Object.assign(globalThis, {
    document: { visibilityState: "visible" },
    location: { pathname: "/nezha-demo/servers" },
  });
});

test("one answer serves all that ask at the same time", async () => {
  const home = hass({ connection: connection(overview("1")) });
  await Promise.all([fetchHubs(home), fetchHubs(home), fetchHubs({ ...home, states: {} })]);
  assert.equal(home.connection.asked.length, 1);
});

test("it is asked again when a registry has changed, and after a while", async () => {
  const home = hass({ connection: connection(overview("1"), overview("2", 2), overview("3", 3)) });
  await fetchHubs(home);
  assert.equal((await fetchHubs({ ...home, devices: {} }))[0].servers.length, 2);
  mock.timers.tick(31_000);
  assert.equal((await fetchHubs({ ...home, devices: {} }))[0].servers.length, 3);
});

test("what failed is asked again", async () => {
  const home = hass({ connection: connection(new Error("away"), overview("1")) });
  await assert.rejects(fetchHubs(home));
  assert.equal((await fetchHubs(home)).length, 1);
});

test("one of several dashboards", async () => {
  const both = { revision: "1", hubs: [hub(1), hub(2, { entry_id: "other" })] };
  const home = hass({ connection: connection(both) });
  assert.deepEqual(
    (await fetchHubs(home, "other")).map(({ entry_id }) => entry_id),
    ["other"],
  );
});

test("a page that is seen follows what no registry knows", async () => {
  const home = hass({ connection: connection(overview("1"), { revision: "1", hubs: null }, overview("2", 2)) });
  await followPage(home);
  await minute();
  assert.equal(isPageOutdated(), false);
  await minute();
  assert.equal(isPageOutdated(), true);
  assert.deepEqual(
    home.connection.asked.slice(1).map(({ revision }) => revision),
    ["1", "1"],
  );

  await followPage(home);
  assert.equal(isPageOutdated(), false);
  assert.equal((await fetchHubs(home))[0].servers.length, 2);
  assert.equal(home.connection.asked.length, 3);
});

test("nobody asks for a page that is not seen", async () => {
  const home = hass({ connection: connection(overview("1")) });
  await followPage(home);
  document.visibilityState = "hidden";
  await minute();
  Object.assign(globalThis, { document: { visibilityState: "visible" }, location: { pathname: "/lovelace/0" } });
  await minute();
  assert.equal(home.connection.asked.length, 1);
});

test("an integration that does not answer leaves the page as it is", async () => {
  const home = hass({ connection: connection(overview("1"), new Error("away")) });
  await followPage(home);
  await minute();
  assert.equal(isPageOutdated(), false);
});
