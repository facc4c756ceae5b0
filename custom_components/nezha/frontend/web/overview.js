/**
 * Asks the integration how a dashboard is laid out: the states do not say, least of all while it is away.
 *
 * An answer always comes, be it late: while Home Assistant starts, while it is busy and after a lost connection, it is
 * asked again.
 */

import { startTicking } from "./ticker.js";

/**
 * @typedef {import("./types.js").Hass} Hass
 * @typedef {import("./types.js").Hub} Hub
 * @typedef {{revision: string, hubs: Hub[]}} Overview
 * @typedef {{overview: Promise<Overview>, devices: object, entities: object, asked: number, isLate: boolean}} Answer
 * @typedef {{connection: Hass["connection"], url: string, revision: string}} Page
 */

const GOOD_FOR = 30_000;
const FIRST_PAUSE = 500;
const LONGEST_PAUSE = 5_000;
/** What is there where Home Assistant runs without the integration. */
const NOTHING = /** @type {Overview} */ ({ revision: "", hubs: [] });

/** @type {WeakMap<object, Answer>} the newest answer, by the connection that it came through */
const answers = new WeakMap();
/** @type {Page | undefined} the dashboard that was laid out last, and what from */
let page;
/** Whether the integration says something else by now than what the page was laid out from. */
let isOutdated = false;

/**
 * Returns all Nezha dashboards, or the one that is named. An answer serves all that ask for a while, until a registry
 * changes.
 *
 * @param {Hass} hass
 * @param {string} [entryId]
 * @returns {Promise<Hub[]>}
 */
export async function fetchHubs(hass, entryId) {
  const { hubs } = await answerFor(hass).overview;
  return entryId ? hubs.filter((hub) => hub.entry_id === entryId) : hubs;
}

/**
 * Notes that a page is laid out from the newest answer, and looks once a minute, while it is seen, whether that still
 * holds: of a
 * server that is put into another group no registry knows.
 *
 * @param {Hass} hass
 */
export async function followPage(hass) {
  const { revision } = await answerFor(hass).overview;
  page = { connection: hass.connection, url: `/${hass.panelUrl}`, revision };
  isOutdated = false;
  startTicking(lookAgain);
}

/** Whether the page has to be laid out anew. */
export const isPageOutdated = () => isOutdated;

async function lookAgain() {
  if (!page || document.visibilityState !== "visible" || !location.pathname.startsWith(page.url)) return;
  const { connection, revision } = page;
  const known = answers.get(connection);
  /** @type {Overview | {hubs: null}} */
  const overview = await connection
    .sendMessagePromise({ type: "nezha/overview", revision })
    .catch(() => ({ hubs: null }));
  if (!overview.hubs || !known || answers.get(connection) !== known) return;
  answers.set(connection, {
    ...known,
    overview: Promise.resolve(/** @type {Overview} */ (overview)),
    asked: Date.now(),
  });
  isOutdated = true;
}

/**
 * @param {Hass} hass
 * @returns {Answer}
 */
function answerFor(hass) {
  const { connection, devices, entities } = hass;
  const known = answers.get(connection);
  const isOfNow = known?.devices === devices && known.entities === entities && Date.now() - known.asked < GOOD_FOR;
  if (known && (isOfNow || known.isLate)) return known;
  /** @type {Answer} */
  const answer = { overview: Promise.resolve(NOTHING), devices, entities, asked: Date.now(), isLate: false };
  answer.overview = ask(connection, answer);
  answers.set(connection, answer);
  return answer;
}

/**
 * Asks until there is an answer, which is as old as the question that it answers.
 *
 * @param {Hass["connection"]} connection
 * @param {Answer} answer
 * @returns {Promise<Overview>}
 */
async function ask(connection, answer) {
  for (let pause = FIRST_PAUSE; ; pause = Math.min(2 * pause, LONGEST_PAUSE)) {
    /** @type {Overview | undefined} */
    const overview = await connection
      .sendMessagePromise({ type: "nezha/overview" })
      .catch(async (error) => ((await isAbsent(connection, error)) ? NOTHING : undefined));
    answer.isLate = !overview;
    answer.asked = Date.now();
    if (overview) return overview;
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
}

/**
 * Whether nobody answers because the integration is not set up. While Home Assistant starts it may be about to be; what
 * the page knows of that may be from before it restarted.
 *
 * @param {Hass["connection"]} connection
 * @param {unknown} error
 */
async function isAbsent(connection, error) {
  if (/** @type {{code?: string}} */ (error)?.code !== "unknown_command") return false;
  const config = await connection.sendMessagePromise({ type: "get_config" }).catch(() => undefined);
  return config?.state === "RUNNING";
}
