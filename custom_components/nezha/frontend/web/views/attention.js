/**
 * What needs attention: a section that is laid out anew when something begins or ceases to. A native card that is
 * hidden until its
 * condition holds costs as much as one that is seen; a fleet of sixty had three hundred of them.
 */

import { goTo, pageOf, section, title } from "../cards.js";
import { EXPIRES_NOW, FULL } from "../colours.js";
import { NEVER } from "../conditions.js";
import { deviceName } from "../fleet.js";
import { fill } from "../texts/index.js";
import { cyclesOf, serverCard } from "./parts.js";

/**
 * @typedef {import("../types.js").Config} Config
 * @typedef {import("../types.js").Hass} Hass
 * @typedef {import("../types.js").Hub} Hub
 * @typedef {import("../types.js").Server} Server
 * @typedef {import("../types.js").Service} Service
 * @typedef {import("./parts.js").Context} Context
 * @typedef {Hass["states"]} States
 * @typedef {{holds: (states: States) => boolean, card: () => Config}} Concern
 */

/** More than these are not read; how many servers are offline is said by the badges. */
export const MOST_CONCERNS = 24;
const WITHOUT_VALUE = new Set(["unknown", "unavailable"]);

/** @type {(states: States, entity: string) => boolean} */
const hasValue = (states, entity) => entity in states && !WITHOUT_VALUE.has(states[entity].state);
/** @type {(states: States, entity: string) => number} */
const numberOf = (states, entity) => (hasValue(states, entity) ? Number(states[entity].state) : NaN);

/**
 * Returns all that could need attention, the gravest first.
 *
 * @param {Hub} hub
 * @param {Server[]} servers
 * @param {Context} context
 * @returns {Concern[]}
 */
export const concernsOf = (hub, servers, context) => [
  ...servers.flatMap((server) => offline(server, context)),
  ...hub.services.flatMap((service) => down(service, context)),
  ...servers.flatMap((server) => full(hub, server, context)),
];

/**
 * Says which concerns hold, in a form that can be compared.
 *
 * @param {Concern[]} concerns
 * @param {States} states
 */
export const heldBy = (concerns, states) =>
  concerns
    .flatMap(({ holds }, index) => (holds(states) ? [index] : []))
    .slice(0, MOST_CONCERNS)
    .join();

/**
 * Returns the section; with nothing to say it is not seen.
 *
 * @param {Concern[]} concerns
 * @param {States} states
 * @param {Context} context
 * @returns {Config}
 */
export function attentionSection(concerns, states, { texts }) {
  const held = concerns.filter(({ holds }) => holds(states)).slice(0, MOST_CONCERNS);
  const cards = held.map(({ card }) => ({ ...card(), grid_options: { columns: 12, rows: 1 } }));
  if (!cards.length) return section([], { visibility: [NEVER] });
  return section([title(texts.needs_attention, "mdi:alert-circle-outline"), ...cards]);
}

/**
 * @param {Server} server
 * @param {Context} context
 * @returns {Concern[]}
 */
function offline(server, context) {
  const { online, boot_time: bootTime } = server.entities;
  if (!online) return [];
  // One that never reported has not gone offline.
  const holds = (/** @type {States} */ states) =>
    states[online]?.state === "off" && (!bootTime || hasValue(states, bootTime));
  return [{ holds, card: () => serverCard(server, "row", context) }];
}

/**
 * @param {Service} service
 * @param {Context} context
 * @returns {Concern[]}
 */
function down(service, { hass, texts }) {
  const { up, availability_today: today, availability_30_days: days30, latency } = service.entities;
  if (!up) return [];
  // Just after a start the one may be back before the other.
  const holds = (/** @type {States} */ states) => states[up]?.state === "off" && (!today || hasValue(states, today));
  const card = () => ({
    type: "tile",
    // A tile of what is off is grey, whatever its colour.
    entity: today ?? days30 ?? latency ?? up,
    name: fill(texts.is_down, { name: deviceName(hass, service.device_id) }),
    icon: "mdi:close-network",
    color: "red",
    tap_action: goTo(pageOf(hass, "services")),
  });
  return [{ holds, card }];
}

/**
 * @param {Hub} hub
 * @param {Server} server
 * @param {Context} context
 * @returns {Concern[]}
 */
function full(hub, server, context) {
  const { hass, texts } = context;
  const { memory, disk, days_left: daysLeft } = server.entities;
  const tile = (/** @type {string} */ entity, /** @type {string} */ what) => () => ({
    type: "tile",
    entity,
    name: `${deviceName(hass, server.device_id)} · ${what}`,
    color: "red",
    tap_action: goTo(context.pageOf(server)),
  });
  const usages = [
    ...(memory ? [{ entity: memory, what: texts.memory }] : []),
    ...(disk ? [{ entity: disk, what: texts.disk }] : []),
    ...cyclesOf(hub, server).flatMap(({ share, name }) => (share ? [{ entity: share, what: name }] : [])),
  ];
  const concerns = usages.map(({ entity, what }) => ({
    holds: (/** @type {States} */ states) => numberOf(states, entity) > FULL,
    card: tile(entity, what),
  }));
  if (!daysLeft) return concerns;
  const expires = (/** @type {States} */ states) => numberOf(states, daysLeft) < EXPIRES_NOW;
  return [...concerns, { holds: expires, card: tile(daysLeft, texts.expiry) }];
}
