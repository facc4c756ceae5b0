/** What needs attention: cards that are visible only while they have something to say. */

import { goTo, pageOf, section, title } from "../cards.js";
import { FULL, EXPIRES_NOW } from "../colours.js";
import { above, and, below, hasValue, is, or } from "../conditions.js";
import { cyclesOf, serverCard } from "./parts.js";
import { deviceName } from "../fleet.js";
import { fill } from "../texts/index.js";

/**
 * @typedef {import("../types.js").Config} Config
 * @typedef {import("../types.js").Hub} Hub
 * @typedef {import("../types.js").Server} Server
 * @typedef {import("../types.js").Service} Service
 * @typedef {import("./parts.js").Context} Context
 * @typedef {{card: Config, when: Config[]}} Concern a card, and the conditions that all have to hold
 */

/**
 * Returns the section, or nothing where there is nothing that could ever need attention.
 *
 * @param {Hub} hub
 * @param {Server[]} servers
 * @param {Context} context
 * @returns {Config[]}
 */
export function attention(hub, servers, context) {
  const concerns = [
    ...servers.flatMap((server) => offline(server, context)),
    ...hub.services.flatMap((service) => down(service, context)),
    ...servers.flatMap((server) => full(hub, server, context)),
  ];
  if (!concerns.length) return [];
  const cards = concerns.map(({ card, when }) => ({
    ...card,
    grid_options: { columns: 12, rows: 1 },
    visibility: when,
  }));
  const heading = title(context.texts.needs_attention, "mdi:alert-circle-outline");
  const visibility = [or(concerns.map(({ when }) => and(when)))];
  return [section([heading, ...cards], { column_span: 4, visibility })];
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
  const when = [is(online, "off"), ...(bootTime ? [hasValue(bootTime)] : [])];
  return [{ card: serverCard(server, "row", context), when }];
}

/**
 * @param {Service} service
 * @param {Context} context
 * @returns {Concern[]}
 */
function down(service, { hass, texts }) {
  const { up, availability_today: today } = service.entities;
  if (!up) return [];
  const card = {
    type: "tile",
    entity: today ?? up,
    name: fill(texts.is_down, { name: deviceName(hass, service.device_id) }),
    icon: "mdi:close-network",
    color: "red",
    tap_action: goTo(pageOf(hass, "services")),
  };
  // Just after a start the one may be back before the other.
  return [{ card, when: [is(up, "off"), ...(today ? [hasValue(today)] : [])] }];
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
  const name = deviceName(hass, server.device_id);
  const tile = (/** @type {string} */ entity, /** @type {string} */ what) => ({
    type: "tile",
    entity,
    name: `${name} · ${what}`,
    color: "red",
    tap_action: goTo(context.pageOf(server)),
  });
  const usages = [
    ...(memory ? [{ entity: memory, what: texts.memory }] : []),
    ...(disk ? [{ entity: disk, what: texts.disk }] : []),
    ...cyclesOf(hub, server).flatMap(({ share, name: rule }) => (share ? [{ entity: share, what: rule }] : [])),
  ];
  const concerns = usages.map(({ entity, what }) => ({ card: tile(entity, what), when: [above(entity, FULL)] }));
  if (daysLeft) concerns.push({ card: tile(daysLeft, texts.expiry), when: [below(daysLeft, EXPIRES_NOW)] });
  return concerns;
}
