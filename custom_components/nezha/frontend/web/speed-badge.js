/**
 * A speed as a badge, in the unit that reads best. It looks as Home Assistant's own do, which know but one unit for all
 * values of an entity: a fleet's sum reaches "10,467.0 kB/s".
 */

import { formatSpeed, formatState } from "./formatting.js";
import { showMoreInfo } from "./navigation.js";

/**
 * @typedef {import("./types.js").Hass} Hass
 *
 * @typedef {object} BadgeConfig
 * @property {string} entity
 * @property {string} name
 * @property {string} icon
 * @property {string} color of the theme's palette
 */

export class SpeedBadge extends HTMLElement {
  /** @type {BadgeConfig | undefined} */
  #config;
  /** @type {Hass | undefined} */
  #hass;
  /** @type {{badge: HTMLElement, icon: HTMLElement, text: Text} | undefined} */
  #nodes;

  /** @param {BadgeConfig} config */
  setConfig(config) {
    this.#config = config;
    this.#draw();
  }

  /** @param {Hass} hass */
  set hass(hass) {
    const entity = this.#config?.entity ?? "";
    const before = this.#hass;
    this.#hass = hass;
    if (before?.states[entity] !== hass.states[entity] || before?.locale !== hass.locale) this.#draw();
  }

  #draw() {
    if (!this.#config || !this.#hass) return;
    const { entity, name, icon, color } = this.#config;
    const state = this.#hass.states[entity];
    const isThere = state && state.state !== "unavailable" && state.state !== "unknown";
    const nodes = (this.#nodes ??= this.#build());
    nodes.badge.setAttribute("label", name);
    nodes.badge.style.setProperty("--badge-color", `var(--${isThere ? color : "state-inactive"}-color)`);
    nodes.icon.setAttribute("icon", icon);
    nodes.text.data = state ? formatState(state, formatSpeed, this.#hass) : "";
  }

  #build() {
    const badge = document.createElement("ha-badge");
    badge.setAttribute("type", "button");
    const icon = document.createElement("ha-icon");
    icon.slot = "icon";
    const text = document.createTextNode("");
    badge.append(icon, text);
    badge.addEventListener("click", () => showMoreInfo(this, this.#config?.entity ?? ""));
    badge.addEventListener("keydown", ({ key }) => {
      if (key === "Enter") badge.click();
    });
    this.append(badge);
    return { badge, icon, text };
  }
}
