/**
 * Which views a dashboard has. They are empty here: each is laid out when it is opened, so that a page a server costs
 * nothing.
 */

import { section, pageOf, view } from "../cards.js";
import { deviceName, layoutOf } from "../fleet.js";
import { pathOf } from "./parts.js";
import { groupPath, groupsOf } from "./servers.js";

/**
 * @typedef {import("../types.js").Config} Config
 * @typedef {import("../types.js").Hub} Hub
 * @typedef {import("./parts.js").Context} Context
 */

const MOST_TABS = 8;
export const VIEWS = /** @type {const} */ (["servers", "services", "traffic"]);

/**
 * @param {Hub[]} hubs
 * @param {Context} context
 * @returns {Config[]}
 */
export function viewsOf(hubs, context) {
  if (!hubs.length) return [nothing(context)];
  const { options, texts } = context;
  const isWanted = (/** @type {typeof VIEWS[number]} */ name) => !options.views?.length || options.views.includes(name);
  const lazy = (/** @type {string} */ kind, /** @type {Config} */ more) => ({
    ...options,
    ...more,
    type: `custom:nezha-${kind}`,
  });
  const views = [];
  for (const [index, hub] of hubs.entries()) {
    if (!isWanted("servers")) break;
    views.push({
      title: hubs.length > 1 ? hub.title : texts.servers,
      path: serversPath(index),
      strategy: lazy("servers", { hub: hub.entry_id }),
    });
    views.push(...groupViews(hub, index, context, lazy));
  }
  if (isWanted("services") && hubs.some((hub) => hub.services.length)) {
    views.push({ title: texts.services, path: "services", strategy: lazy("services", {}) });
  }
  if (isWanted("traffic") && hubs.some((hub) => hub.servers.length)) {
    const hasPlans = hubs.some((hub) => hub.generation !== "v0");
    const title = hasPlans ? texts.traffic_and_renewals : texts.traffic;
    views.push({ title, path: "traffic", strategy: lazy("traffic", {}) });
  }
  return [...views, ...hubs.flatMap((hub, index) => serverViews(hub, index, context, lazy))];
}

/** @param {number} hubIndex */
export const serversPath = (hubIndex) => (hubIndex ? `servers-${hubIndex + 1}` : "servers");

/**
 * Returns a view a group of a large fleet: tabs as on Nezha's page, unless there are too many to be tabs.
 *
 * @param {Hub} hub
 * @param {number} hubIndex
 * @param {Context} context
 * @param {(kind: string, more: Config) => Config} lazy
 * @returns {Config[]}
 */
function groupViews(hub, hubIndex, context, lazy) {
  const groups = groupsOf(hub, context);
  const count = groups.reduce((sum, group) => sum + group.servers.length, 0);
  if (!layoutOf(count, context.options.layout).isPaged) return [];
  const { texts, hass } = context;
  return groups.map(({ name }, index) => ({
    title: name ?? (groups.length > 1 ? texts.no_group : texts.servers),
    path: groupPath(hubIndex, index),
    ...(groups.length > MOST_TABS ? { subview: true, back_path: pageOf(hass, serversPath(hubIndex)) } : {}),
    strategy: lazy("group", { hub: hub.entry_id, group: name }),
  }));
}

/**
 * @param {Hub} hub
 * @param {number} hubIndex
 * @param {Context} context
 * @param {(kind: string, more: Config) => Config} lazy
 * @returns {Config[]}
 */
function serverViews(hub, hubIndex, { hass }, lazy) {
  return hub.servers.map((server) => ({
    title: deviceName(hass, server.device_id),
    path: pathOf(server, hubIndex),
    subview: true,
    strategy: lazy("server", { hub: hub.entry_id, device_id: server.device_id }),
  }));
}

/**
 * @param {Context} context
 * @returns {Config}
 */
function nothing({ hass, texts }) {
  const add = {
    text: texts.add_integration,
    icon: "mdi:plus",
    tap_action: { action: "navigate", navigation_path: "/config/integrations/dashboard/add?domain=nezha" },
  };
  const card = {
    type: "empty-state",
    icon: "mdi:server-off",
    title: texts.no_hubs,
    content: texts.no_hubs_detail,
    buttons: hass.user?.is_admin ? [add] : [],
    grid_options: { columns: "full" },
  };
  return { title: texts.servers, path: "servers", ...view([section([card], { column_span: 4 })]) };
}
