/** The elements that Home Assistant asks for the dashboard and for each view, when it is opened and when a registry has changed. */

import { alert, pageOf, section, view } from "./cards.js";
import { fetchHubs } from "./overview.js";
import { textsFor } from "./texts/index.js";
import { serversPath, viewsOf } from "./views/dashboard.js";
import { contextOf } from "./views/parts.js";
import { serverView } from "./views/server.js";
import { groupsOf, groupView, serversView } from "./views/servers.js";
import { servicesView } from "./views/services.js";
import { trafficView } from "./views/traffic.js";

/**
 * @typedef {import("./types.js").Config} Config
 * @typedef {import("./types.js").Hass} Hass
 * @typedef {import("./types.js").Hub} Hub
 * @typedef {import("./types.js").Options} Options
 * @typedef {import("./views/parts.js").Context} Context
 * @typedef {Options & {hub?: string, group?: string | null, device_id?: string}} ViewOptions
 */

/** While Home Assistant starts, the integration may not be there to answer yet. */
const STARTING = { cards: [{ type: "starting" }] };

/**
 * Asks the integration and makes something of the answer; while Home Assistant starts there may be none.
 *
 * @template T
 * @param {ViewOptions} options
 * @param {Hass} hass
 * @param {T} starting what is shown while Home Assistant starts
 * @param {(hubs: Hub[], context: Context) => T} make
 * @returns {Promise<T>}
 */
async function generate(options, hass, starting, make) {
  const texts = textsFor(hass.locale.language);
  let hubs;
  try {
    hubs = await fetchHubs(hass, options.entry_id);
  } catch (error) {
    if (hass.config.state !== "RUNNING") return starting;
    // Without an entry of the integration nobody answers, and there is nothing to show.
    if (/** @type {{code?: string}} */ (error)?.code !== "unknown_command") throw error;
    hubs = /** @type {Hub[]} */ ([]);
  }
  return make(hubs, contextOf(hass, texts, options, hubs));
}

class Strategy extends HTMLElement {
  static registryDependencies = ["devices", "entities"];

  /**
   * @param {unknown} _
   * @param {Hass} before
   * @param {Hass} after
   */
  static shouldRegenerate(_, before, after) {
    return (
      before.devices !== after.devices ||
      before.entities !== after.entities ||
      before.locale.language !== after.locale.language
    );
  }
}

export class DashboardStrategy extends Strategy {
  /**
   * @param {Options & {type?: string}} config
   * @param {Hass} hass
   */
  static generate({ type: _, ...options }, hass) {
    const starting = { views: /** @type {Config[]} */ ([STARTING]) };
    return generate(options, hass, starting, (hubs, context) => ({ views: viewsOf(hubs, context) }));
  }

  static async getConfigElement() {
    return document.createElement("nezha-dashboard-editor");
  }

  static getCreateSuggestions() {
    return { title: "Nezha", icon: "mdi:server" };
  }

  static noEditor = false;
  static configRequired = false;
}

/**
 * Makes a view of one Nezha dashboard, or says that it is not there any more.
 *
 * @param {ViewOptions} options
 * @param {Hass} hass
 * @param {(hub: Hub, hubIndex: number, context: Context) => Config | undefined} make
 */
const ofHub = (options, hass, make) =>
  generate(options, hass, /** @type {Config} */ (STARTING), (hubs, context) => {
    const index = hubs.findIndex((hub) => hub.entry_id === options.hub);
    const made = index < 0 ? undefined : make(hubs[index], index, context);
    return made ?? view([section([alert("info", context.texts.server_gone)], { column_span: 4 })]);
  });

export class ServersStrategy extends Strategy {
  /**
   * @param {ViewOptions} options
   * @param {Hass} hass
   */
  static generate(options, hass) {
    return ofHub(options, hass, serversView);
  }
}

export class GroupStrategy extends Strategy {
  /**
   * @param {ViewOptions} options
   * @param {Hass} hass
   */
  static generate(options, hass) {
    return ofHub(options, hass, (hub, _, context) => {
      const group = groupsOf(hub, context).find(({ name }) => name === (options.group ?? null));
      return group && groupView(hub, group, context);
    });
  }
}

export class ServerStrategy extends Strategy {
  /**
   * @param {ViewOptions} options
   * @param {Hass} hass
   */
  static generate(options, hass) {
    return ofHub(options, hass, (hub, index, context) => {
      const server = hub.servers.find(({ device_id }) => device_id === options.device_id);
      return server && serverView(hub, server, context, pageOf(hass, serversPath(index)));
    });
  }
}

export class ServicesStrategy extends Strategy {
  /**
   * @param {ViewOptions} options
   * @param {Hass} hass
   */
  static generate(options, hass) {
    return generate(options, hass, /** @type {Config} */ (STARTING), servicesView);
  }
}

export class TrafficStrategy extends Strategy {
  /**
   * @param {ViewOptions} options
   * @param {Hass} hass
   */
  static generate(options, hass) {
    return generate(options, hass, /** @type {Config} */ (STARTING), trafficView);
  }
}
