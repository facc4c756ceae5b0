/** Servers and their groups: names, order, and how many of them are shown in which form. */

/**
 * @typedef {import("./types.js").Hass} Hass
 * @typedef {import("./types.js").Hub} Hub
 * @typedef {import("./types.js").Server} Server
 * @typedef {import("./types.js").Options} Options
 * @typedef {{name: string | null, servers: Server[]}} Group without a name it holds those of no group
 * @typedef {{size: "card" | "row", groupAsColumn: (servers: number) => boolean, isPaged: boolean}} Layout
 */

const MOST_CARDS = 24;
const MOST_ON_A_PAGE = 100;
const MOST_IN_A_COLUMN = 4;

/**
 * Returns the name of a device, as the user has it.
 *
 * @param {Pick<Hass, "devices">} hass
 * @param {string} deviceId
 */
export function deviceName(hass, deviceId) {
  const device = hass.devices[deviceId];
  return device?.name_by_user || device?.name || "";
}

/**
 * Returns the servers in the order of the Nezha dashboard; where that is not known, by their names.
 *
 * @param {Hub} hub
 * @param {Pick<Hass, "devices">} hass
 */
export function sortServers(hub, hass) {
  if (hub.is_ordered) return hub.servers;
  const name = (/** @type {Server} */ server) => deviceName(hass, server.device_id);
  return [...hub.servers].sort((a, b) => name(a).localeCompare(name(b), undefined, { numeric: true }));
}

/**
 * Splits servers into groups, each server into one: its first, or the first that is asked for. Those of no group come
 * last.
 *
 * @param {Server[]} servers
 * @param {string[]} groups all of them, in order
 * @param {string[]} [wanted] the groups that are asked for, in this order; without, all servers are
 * @returns {Group[]} none of them empty
 */
export function groupServers(servers, groups, wanted = []) {
  const isChosen = wanted.length > 0;
  const order = isChosen ? wanted : groups;
  /** @type {Map<string | null, Server[]>} */
  const members = new Map();
  for (const name of [...order, null]) members.set(name, []);
  for (const server of servers) {
    const group = isChosen ? order.find((name) => server.groups.includes(name)) : (server.groups[0] ?? null);
    if (group !== undefined) members.get(group)?.push(server);
  }
  return [...members].filter(([, list]) => list.length).map(([name, list]) => ({ name, servers: list }));
}

/**
 * Says how a fleet of a size is shown.
 *
 * @param {number} count
 * @param {Options["layout"]} [wanted]
 * @returns {Layout}
 */
export function layoutOf(count, wanted = "auto") {
  const isSmall = count <= MOST_CARDS;
  const size = wanted === "auto" ? (isSmall ? "card" : "row") : wanted;
  return {
    size,
    groupAsColumn: (servers) => isSmall && servers <= MOST_IN_A_COLUMN,
    isPaged: count > MOST_ON_A_PAGE,
  };
}
