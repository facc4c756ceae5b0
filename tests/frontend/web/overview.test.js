import assert from "node:assert/strict";
import { before, beforeEach, mock, test } from "node:test";

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
const turns = async () => {
  for (let turn = 0; turn < 10; turn++) await Promise.resolve();
};
const pass = async (/** @type {number} */ milliseconds) => {
  await turns();
  mock.timers.tick(milliseconds);
  await turns();
};
const minute = () => pass(60_000);
const failure = (code) => Object.assign(new Error(code), { code });

// One clock for all: what looks again each minute is started once a page.
before(() => mock.timers.enable({ apis: ["Date", "setInterval", "setTimeout"] }));

beforeEach(() => {
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

test("who does not answer is asked again, by one for all, until there is an answer", async () => {
  const home = hass({
    connection: connection(failure("unknown_error"), failure(3), failure("timeout"), overview("1", 2)),
  });
  const cards = [fetchHubs(home)];
  await turns();
  cards.push(fetchHubs({ ...home, entities: {} }));
  for (const pause of [500, 1_000, 2_000]) await pass(pause);
  const all = await Promise.all(cards);
  assert.deepEqual(
    all.map(([hub]) => hub.servers.length),
    [2, 2],
  );
  assert.equal(home.connection.asked.length, 4);
});

test("the integration is waited for while Home Assistant starts", async () => {
  const [starting, unknown] = [{ state: "STARTING" }, failure("unknown_command")];
  const home = hass({ connection: connection(unknown, starting, unknown, new Error("away"), overview("1")) });
  const hubs = fetchHubs(home);
  for (const pause of [500, 1_000]) await pass(pause);
  assert.equal((await hubs).length, 1);
});

test("without the integration there is no dashboard, until it is set up", async () => {
  const [unknown, running] = [failure("unknown_command"), { state: "RUNNING" }];
  const home = hass({ connection: connection(unknown, running, overview("1")) });
  await followPage(home);
  assert.deepEqual(await fetchHubs(home), []);
  await minute();
  assert.equal(isPageOutdated(), true);
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
