/**
 * The elements that Home Assistant asks for the dashboard and for each view, when it is opened and when a registry has
 * changed.
 */

import { alert, pageOf, section, view } from "./cards.js";
import { NEVER } from "./conditions.js";
import { fetchHubs, followPage, isPageOutdated } from "./overview.js";
import { textsFor } from "./texts/index.js";
import { attentionSection, concernsOf, heldBy } from "./views/attention.js";
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

/**
 * Asks the integration and makes something of the answer.
 *
 * @template T
 * @param {ViewOptions} options
 * @param {Hass} hass
 * @param {(hubs: Hub[], context: Context) => T} make
 * @returns {Promise<T>}
 */
async function generate(options, hass, make) {
  const hubs = await fetchHubs(hass, options.entry_id);
  return make(hubs, contextOf(hass, textsFor(hass.locale.language), options, hubs));
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
  static async generate({ type: _, ...options }, hass) {
    await followPage(hass);
    return generate(options, hass, (hubs, context) => ({ views: viewsOf(hubs, context) }));
  }

  /**
   * @override
   * @param {unknown} config
   * @param {Hass} before
   * @param {Hass} after
   */
  static shouldRegenerate(config, before, after) {
    // The views follow: they are other objects then.
    return isPageOutdated() || super.shouldRegenerate(config, before, after);
  }

  static async getConfigElement() {
    return document.createElement("nezha-dashboard-editor");
  }

  static getCreateSuggestions() {
    return { title: "Nezha", icon: "mdi:server" };
  }
}

/**
 * Makes a view of one Nezha dashboard, or says that it is not there any more.
 *
 * @param {ViewOptions} options
 * @param {Hass} hass
 * @param {(hub: Hub, hubIndex: number, context: Context) => Config | undefined} make
 */
const ofHub = (options, hass, make) =>
  generate(options, hass, (hubs, context) => {
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

export class AttentionStrategy extends Strategy {
  /**
   * What was laid out, by the configuration that it was laid out for.
   *
   * @type {Map<string, {concerns: import("./views/attention.js").Concern[], held: string}>}
   */
  static #laidOut = new Map();

  /**
   * @override
   * @param {ViewOptions} config
   * @param {Hass} before
   * @param {Hass} after
   */
  static shouldRegenerate(config, before, after) {
    if (super.shouldRegenerate(config, before, after)) return true;
    const laidOut = AttentionStrategy.#laidOut.get(JSON.stringify(config));
    if (!laidOut || before.states === after.states) return false;
    return laidOut.held !== heldBy(laidOut.concerns, after.states);
  }

  /**
   * @param {ViewOptions} options
   * @param {Hass} hass
   */
  static generate(options, hass) {
    const nothing = /** @type {Config} */ ({ visibility: [NEVER], cards: [] });
    return generate(options, hass, (hubs, context) => {
      const hub = hubs.find(({ entry_id }) => entry_id === options.hub);
      if (!hub) return nothing;
      const servers = groupsOf(hub, context).flatMap((group) => group.servers);
      const concerns = concernsOf(hub, servers, context);
      AttentionStrategy.#laidOut.set(JSON.stringify(options), { concerns, held: heldBy(concerns, hass.states) });
      return attentionSection(concerns, hass.states, context);
    });
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
    return generate(options, hass, servicesView);
  }
}

export class TrafficStrategy extends Strategy {
  /**
   * @param {ViewOptions} options
   * @param {Hass} hass
   */
  static generate(options, hass) {
    return generate(options, hass, trafficView);
  }
}
