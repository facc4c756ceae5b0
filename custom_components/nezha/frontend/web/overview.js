/** Asks the integration how a dashboard is laid out: the states do not say, least of all while it is away. */

/**
 * @typedef {import("./types.js").Hass} Hass
 * @typedef {import("./types.js").Hub} Hub
 * @typedef {{hubs: Promise<Hub[]>, devices: object, entities: object, asked: number}} Answer
 */

const GOOD_FOR = 30_000;

/** @type {WeakMap<object, Answer>} the newest answer, by the connection that it came through */
const answers = new WeakMap();

/**
 * Returns all Nezha dashboards, or the one that is named. An answer serves all that ask for a while, until a registry changes.
 *
 * @param {Hass} hass
 * @param {string} [entryId]
 * @returns {Promise<Hub[]>}
 */
export async function fetchHubs(hass, entryId) {
  const known = answers.get(hass.connection);
  const isGood =
    known &&
    known.devices === hass.devices &&
    known.entities === hass.entities &&
    Date.now() - known.asked < GOOD_FOR;
  const answer = isGood ? known : ask(hass);
  const hubs = await answer.hubs;
  return entryId ? hubs.filter((hub) => hub.entry_id === entryId) : hubs;
}

/**
 * @param {Hass} hass
 * @returns {Answer}
 */
function ask(hass) {
  const { connection, devices, entities } = hass;
  const hubs = hass.callWS({ type: "nezha/overview" }).then((result) => result.hubs);
  const answer = { hubs, devices, entities, asked: Date.now() };
  answers.set(connection, answer);
  hubs.catch(() => {
    // What failed is asked again.
    if (answers.get(connection) === answer) answers.delete(connection);
  });
  return answer;
}
