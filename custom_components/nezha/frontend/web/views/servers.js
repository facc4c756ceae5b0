/** The view of all servers of a Nezha dashboard, and that of a group of a large one. */

import { alert, goTo, header, pageOf, plain, present, section, title, view } from "../cards.js";
import { INBOUND, OUTBOUND } from "../colours.js";
import { above, isNot, or } from "../conditions.js";
import { deviceName, groupServers, layoutOf, sortServers } from "../fleet.js";
import { MOST_CONCERNS } from "./attention.js";
import { serverCard, unreachable } from "./parts.js";
import { serverBadges, serverSections } from "./server.js";

/**
 * @typedef {import("../types.js").Config} Config
 * @typedef {import("../types.js").Hub} Hub
 * @typedef {import("../types.js").Server} Server
 * @typedef {import("../fleet.js").Group} Group
 * @typedef {import("./parts.js").Context} Context
 */

/**
 * Returns the groups that are shown, with their servers in order.
 *
 * @param {Hub} hub
 * @param {Context} context
 */
export const groupsOf = (hub, { hass, options }) => groupServers(sortServers(hub, hass), hub.groups, options.groups);

/**
 * Returns the path of a group's page.
 *
 * @param {number} hubIndex
 * @param {number} groupIndex
 */
export const groupPath = (hubIndex, groupIndex) => `group-${hubIndex ? `${hubIndex + 1}-` : ""}${groupIndex + 1}`;

/**
 * @param {Hub} hub
 * @param {number} hubIndex
 * @param {Context} context
 * @returns {Config}
 */
export function serversView(hub, hubIndex, context) {
  const { hass, texts } = context;
  const groups = groupsOf(hub, context);
  const servers = groups.flatMap((group) => group.servers);
  if (servers.length === 1) return lonelyView(hub, servers[0], context);
  const head = { header: header(`# ${plain(hub.title)}`), badges: badges(hub, context) };
  const away = unreachable(hub, context);
  if (!servers.length) return view([...away, section([nothing(hub, context)], { column_span: 4 })], head);
  const { isPaged } = layoutOf(servers.length, context.options.layout);
  if (isPaged) {
    const shortcuts = groups.map((group, index) => ({
      type: "shortcut",
      label: group.name ?? (groups.length > 1 ? texts.no_group : texts.servers),
      description: String(group.servers.length),
      icon: "mdi:server",
      tap_action: goTo(pageOf(hass, groupPath(hubIndex, index))),
      grid_options: { columns: 6, rows: 1 },
    }));
    const concerns = [...offlineNames(hub, context), attention(hub, context)];
    // Beneath what needs attention, groups would seem to be part of that.
    const cards = present(groups.length > 1 && title(texts.servers), ...shortcuts);
    return view([...away, ...concerns, section(cards, { column_span: 4 })], head);
  }
  const sections = groups.map((group) => groupSection(group, groups.length > 1, servers.length, context));
  return view([...away, attention(hub, context), ...sections], head);
}

/**
 * Returns the view of a server that is alone: all that its page has.
 *
 * @param {Hub} hub
 * @param {Server} server
 * @param {Context} context
 * @returns {Config}
 */
const lonelyView = (hub, server, context) =>
  view(serverSections(hub, server, context), {
    header: header(`# ${plain(deviceName(context.hass, server.device_id))}`),
    badges: serverBadges(server, context),
  });

/**
 * @param {Hub} hub
 * @param {Group} group
 * @param {Context} context
 * @returns {Config}
 */
export function groupView(hub, group, context) {
  const { size } = layoutOf(hub.servers.length, context.options.layout);
  return view([...unreachable(hub, context), section(serverCards(group.servers, size, context), { column_span: 4 })]);
}

/**
 * @param {Group} group
 * @param {boolean} isOneOfSeveral
 * @param {number} count of all servers that are shown
 * @param {Context} context
 * @returns {Config}
 */
function groupSection(group, isOneOfSeveral, count, context) {
  const { texts, options } = context;
  const { size, groupAsColumn } = layoutOf(count, options.layout);
  const heading = group.name ?? (isOneOfSeveral ? texts.no_group : texts.servers);
  const cards = serverCards(group.servers, size, context);
  const isEverHidden = options.hide_never_reported && cards.every((card) => card.visibility);
  return section([title(heading), ...cards], {
    column_span: groupAsColumn(group.servers.length) ? 1 : 4,
    visibility: isEverHidden ? [or(cards.flatMap((card) => card.visibility))] : undefined,
  });
}

/**
 * @param {Server[]} servers
 * @param {"card" | "row"} size
 * @param {Context} context
 * @returns {Config[]}
 */
function serverCards(servers, size, context) {
  return servers.map((server) => {
    const { online, boot_time: bootTime } = server.entities;
    const card = serverCard(server, size, context);
    if (!context.options.hide_never_reported || !online || !bootTime) return card;
    return { ...card, visibility: [or([isNot(online, "off"), isNot(bootTime, "unknown")])] };
  });
}

/**
 * @param {Hub} hub
 * @param {Context} context
 * @returns {Config[]}
 */
function badges(hub, { texts }) {
  const badge = (/** @type {string} */ key, /** @type {Config} */ config) =>
    hub.entities[key] && { type: "entity", entity: hub.entities[key], show_name: true, ...config };
  const speed = (/** @type {string} */ key, /** @type {Config} */ config) =>
    hub.entities[key] && { type: "custom:nezha-speed-badge", entity: hub.entities[key], ...config };
  const offline = hub.entities.servers_offline;
  return present(
    badge("servers_online", { name: texts.online, color: "green", icon: "mdi:server-network" }),
    badge("servers_offline", {
      name: texts.offline,
      color: "red",
      icon: "mdi:server-network-off",
      visibility: [above(offline, 0)],
    }),
    speed("net_in_speed", { name: texts.inbound, color: INBOUND, icon: "mdi:arrow-down" }),
    speed("net_out_speed", { name: texts.outbound, color: OUTBOUND, icon: "mdi:arrow-up" }),
  );
}

/**
 * Returns the place of what needs attention: it is laid out by itself, whenever that changes.
 *
 * @param {Hub} hub
 * @param {Context} context
 * @returns {Config}
 */
const attention = (hub, { options }) => ({
  column_span: 4,
  strategy: { ...options, hub: hub.entry_id, type: "custom:nezha-attention" },
});

/**
 * Names the servers that are offline where they are too many for a card each.
 *
 * @param {Hub} hub
 * @param {Context} context
 * @returns {Config[]}
 */
function offlineNames(hub, { texts }) {
  const { servers_offline: offline } = hub.entities;
  if (!offline) return [];
  const names = `{{ (state_attr('${offline}', 'offline') or []) | map('e') | join(', ') }}`;
  const visibility = [above(offline, MOST_CONCERNS)];
  return [section([alert("error", texts.servers_offline, names)], { column_span: 4, visibility })];
}

/**
 * @param {Hub} hub
 * @param {Context} context
 * @returns {Config}
 */
function nothing(hub, { hass, texts }) {
  const url = hub.device_id && hass.devices[hub.device_id]?.configuration_url;
  const button = { text: texts.open_dashboard, icon: "mdi:open-in-new", tap_action: { action: "url", url_path: url } };
  return {
    type: "empty-state",
    icon: "mdi:server-plus",
    title: texts.no_servers,
    content: texts.no_servers_detail,
    buttons: url ? [button] : [],
    grid_options: { columns: "full" },
  };
}
