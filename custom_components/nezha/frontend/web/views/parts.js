/**
 * What views share beside native pieces: the server card's configuration, a server's traffic cycles, what they are made
 * with.
 */

import { alert, pageOf, present, section } from "../cards.js";
import { is } from "../conditions.js";
import { CARD_KEYS, GRID } from "../server-card-config.js";

/**
 * @typedef {import("../types.js").Config} Config
 * @typedef {import("../types.js").Hass} Hass
 * @typedef {import("../types.js").Hub} Hub
 * @typedef {import("../types.js").Options} Options
 * @typedef {import("../types.js").Server} Server
 * @typedef {import("../texts/index.js").Texts} Texts
 * @typedef {{number: number, name: string, share?: string, reset?: string}} CycleEntities
 *
 * @typedef {object} Context what every view is made with
 * @property {Hass} hass
 * @property {Texts} texts
 * @property {Options} options
 * @property {(server: Server) => string} pageOf the address of a server's page
 */

/**
 * Returns the path of a server's page. v0 numbers its servers, and another dashboard does so too: from the second
 * dashboard on,
 * paths say which one is meant.
 *
 * @param {Server} server
 * @param {number} hubIndex
 */
export const pathOf = (server, hubIndex) => (hubIndex ? `${server.path}-${hubIndex + 1}` : server.path);

/**
 * @param {Hass} hass
 * @param {Texts} texts
 * @param {Options} options
 * @param {Hub[]} hubs
 * @returns {Context}
 */
export function contextOf(hass, texts, options, hubs) {
  /** @type {Map<string, string>} */
  const pages = new Map();
  for (const [index, hub] of hubs.entries()) {
    for (const server of hub.servers) pages.set(server.device_id, pageOf(hass, pathOf(server, index)));
  }
  return { hass, texts, options, pageOf: (server) => pages.get(server.device_id) ?? pageOf(hass, server.path) };
}

/**
 * @param {Server} server
 * @param {"card" | "row"} size
 * @param {Context} context
 * @returns {Config}
 */
export function serverCard(server, size, context) {
  const entities = Object.fromEntries(
    CARD_KEYS.flatMap((key) => (server.entities[key] ? [[key, server.entities[key]]] : [])),
  );
  return {
    type: "custom:nezha-server-card",
    device_id: server.device_id,
    layout: size,
    country: server.country || undefined,
    silent_since: server.silent_since ?? undefined,
    entities,
    navigation_path: context.pageOf(server),
    grid_options: GRID[size],
  };
}

/**
 * Returns the traffic cycles that count a server, in the order of their rules.
 *
 * @param {Hub} hub
 * @param {Server} server
 * @returns {CycleEntities[]}
 */
export function cyclesOf(hub, server) {
  return hub.cycles
    .map(({ number, name }) => ({
      number,
      name: name || String(number),
      share: server.entities[`cycle_${number}_used_share`],
      reset: server.entities[`cycle_${number}_reset`],
    }))
    .filter(({ share, reset }) => share || reset);
}

/**
 * Returns what is shown while the Nezha dashboard is away, or the integration itself: after a restart, or while it is
 * reloaded.
 *
 * @param {Hub} hub
 * @param {Context} context
 * @returns {Config[]}
 */
export function unreachable(hub, { texts }) {
  const { dashboard, servers } = hub.entities;
  const known = dashboard ?? servers;
  if (!known) return [];
  const waiting = alert("warning", texts.waiting, texts.waiting_detail);
  const away = alert("error", texts.unreachable, texts.unreachable_detail);
  const reason = {
    type: "tile",
    entity: dashboard,
    name: hub.title,
    state_content: ["reason"],
    grid_options: { columns: 12, rows: 1 },
  };
  // The figures of the servers are unavailable in both cases: they do not tell the one from the other.
  const isAway = [is(known, dashboard ? "off" : "unavailable")];
  return [
    section(present(away, dashboard && reason), { column_span: 4, visibility: isAway }),
    ...(dashboard ? [section([waiting], { column_span: 4, visibility: [is(dashboard, "unavailable")] })] : []),
  ];
}
