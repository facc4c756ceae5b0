/** Defines all elements, and offers those that a user can choose. */

import { DashboardEditor } from "./dashboard-editor.js";
import { ServerCard } from "./server-card.js";
import { suggestFor } from "./server-card-config.js";
import { ServiceDays } from "./service-days.js";
import { SpeedBadge } from "./speed-badge.js";
import {
  AttentionStrategy,
  DashboardStrategy,
  GroupStrategy,
  ServersStrategy,
  ServerStrategy,
  ServicesStrategy,
  TrafficStrategy,
} from "./strategies.js";
import { textsOfPage } from "./texts/index.js";

// What those import in turn, so that a page asks for all at once and not for one after the other.
import "./cards.js";
import "./colours.js";
import "./conditions.js";
import "./fleet.js";
import "./formatting.js";
import "./icons.js";
import "./navigation.js";
import "./overview.js";
import "./part.js";
import "./server-card-model.js";
import "./server-card-style.js";
import "./ticker.js";
import "./visibility.js";
import "./views/attention.js";
import "./views/dashboard.js";
import "./views/parts.js";
import "./views/server.js";
import "./views/servers.js";
import "./views/services.js";
import "./views/traffic.js";
import "./texts/de.js";
import "./texts/en.js";
import "./texts/es.js";
import "./texts/fr.js";
import "./texts/ja.js";
import "./texts/pt-BR.js";
import "./texts/ru.js";
import "./texts/zh-Hans.js";
import "./texts/zh-Hant.js";

/** @type {Record<string, CustomElementConstructor>} main.js stands in for strategies until they are loaded */
export const ELEMENTS = {
  "ll-strategy-dashboard-nezha": DashboardStrategy,
  "ll-strategy-view-nezha-servers": ServersStrategy,
  "ll-strategy-view-nezha-group": GroupStrategy,
  "ll-strategy-view-nezha-services": ServicesStrategy,
  "ll-strategy-view-nezha-traffic": TrafficStrategy,
  "ll-strategy-view-nezha-server": ServerStrategy,
  "ll-strategy-section-nezha-attention": AttentionStrategy,
  "nezha-server-card": ServerCard,
  "nezha-service-days": ServiceDays,
  "nezha-speed-badge": SpeedBadge,
  "nezha-dashboard-editor": DashboardEditor,
};

/**
 * Adds an offer to one of the frontend's lists, unless another copy of this module did.
 *
 * @param {string} list
 * @param {{type: string} & Record<string, unknown>} offer
 */
function offer(list, offer) {
  /** @type {any} */
  const page = window;
  page[list] ??= [];
  if (!page[list].some((/** @type {{type: string}} */ other) => other.type === offer.type)) page[list].push(offer);
}

/** Defines what is not defined yet. */
export function define() {
  for (const [name, element] of Object.entries(ELEMENTS)) {
    if (!customElements.get(name)) customElements.define(name, element);
  }
  const texts = textsOfPage();
  offer("customStrategies", {
    type: "nezha",
    strategyType: "dashboard",
    name: "Nezha",
    description: texts.dashboard_description,
    documentationURL: "https://github.com/nezha-ha/nezha/blob/main/docs/dashboard.md",
  });
  offer("customCards", {
    type: "nezha-server-card",
    name: texts.card_name,
    description: texts.card_description,
    preview: true,
    documentationURL: "https://github.com/nezha-ha/nezha/blob/main/docs/dashboard.md",
    getEntitySuggestion: suggestFor,
  });
}
