/** The editor of the dashboard's options: the frontend's own form. */

import { fetchHubs } from "./overview.js";
import { textsFor } from "./texts/index.js";
import { VIEWS } from "./views/dashboard.js";

/**
 * @typedef {import("./types.js").Hass} Hass
 * @typedef {import("./types.js").Hub} Hub
 * @typedef {import("./types.js").Options} Options
 * @typedef {import("./texts/index.js").Texts} Texts
 */

/**
 * Returns the form, with the dashboards and groups that there are.
 *
 * @param {Hub[]} hubs
 * @param {Options} options
 * @param {Texts} texts
 */
export function optionsForm(hubs, options, texts) {
  const groups = hubs
    .filter((hub) => !options.entry_id || hub.entry_id === options.entry_id)
    .flatMap((hub) => hub.groups);
  const names = { servers: texts.servers, services: texts.services, traffic: texts.traffic_and_renewals };
  const select = (/** @type {{value: string, label: string}[] | string[]} */ choices, /** @type {object} */ more) => ({
    select: { options: choices, mode: "dropdown", ...more },
  });
  const choices = hubs.map((hub) => ({ value: hub.entry_id, label: hub.title }));
  const isOneOfMany = hubs.length > 1 || options.entry_id;
  return [
    ...(isOneOfMany ? [{ name: "entry_id", selector: select(choices, {}) }] : []),
    {
      name: "layout",
      selector: select(
        [
          { value: "auto", label: texts.layout_auto },
          { value: "card", label: texts.layout_card },
          { value: "row", label: texts.layout_row },
        ],
        {},
      ),
    },
    { name: "groups", selector: select([...new Set(groups)], { multiple: true, reorder: true, custom_value: true }) },
    {
      name: "views",
      selector: select(
        VIEWS.map((name) => ({ value: name, label: names[name] })),
        { multiple: true },
      ),
    },
    { name: "hide_never_reported", selector: { boolean: {} } },
    { name: "tasks", selector: { boolean: {} } },
  ];
}

/** What is so where nothing is said. */
const DEFAULTS = { layout: "auto", hide_never_reported: false, tasks: true };

/**
 * Returns what is worth storing of the form's values.
 *
 * @param {Record<string, any>} values
 */
export function withoutDefaults(values) {
  const isDefault = (/** @type {[string, any]} */ [name, value]) =>
    value === undefined ||
    value === "" ||
    (Array.isArray(value) && value.length === 0) ||
    value === /** @type {Record<string, any>} */ (DEFAULTS)[name];
  return Object.fromEntries(Object.entries(values).filter((entry) => !isDefault(entry)));
}

export class DashboardEditor extends HTMLElement {
  /** @type {Options} */
  #config = {};
  /** @type {Hass | undefined} */
  #hass;
  /** @type {Hub[] | undefined} */
  #hubs;
  /** @type {any} */
  #form;

  /** @param {Options} config */
  setConfig(config) {
    this.#config = config;
    this.#draw();
  }

  /** @param {Hass} hass */
  set hass(hass) {
    const isFirst = !this.#hass;
    this.#hass = hass;
    if (this.#form) this.#form.hass = hass;
    if (isFirst) this.#load(hass);
  }

  connectedCallback() {
    this.#draw();
  }

  /** @param {Hass} hass */
  async #load(hass) {
    this.#hubs = await fetchHubs(hass);
    this.#draw();
  }

  #draw() {
    if (!this.#hass || !this.#hubs || !this.isConnected) return;
    const texts = textsFor(this.#hass.locale.language);
    /** @type {Record<string, string>} */
    const labels = {
      entry_id: texts.option_entry_id,
      layout: texts.layout,
      groups: texts.option_groups,
      views: texts.option_views,
      hide_never_reported: texts.option_hide_never_reported,
      tasks: texts.option_tasks,
    };
    /** @type {Record<string, string>} */
    const helpers = {
      entry_id: texts.option_entry_id_help,
      groups: texts.option_groups_help,
      views: texts.option_views_help,
    };
    const form = (this.#form ??= this.#build());
    form.hass = this.#hass;
    form.schema = optionsForm(this.#hubs, this.#config, texts);
    form.data = { ...DEFAULTS, ...this.#config };
    form.computeLabel = (/** @type {{name: string}} */ { name }) => labels[name];
    form.computeHelper = (/** @type {{name: string}} */ { name }) => helpers[name];
  }

  #build() {
    const form = document.createElement("ha-form");
    form.addEventListener("value-changed", (event) => {
      event.stopPropagation();
      this.#config = withoutDefaults(/** @type {CustomEvent} */ (event).detail.value);
      this.dispatchEvent(
        new CustomEvent("config-changed", { detail: { config: this.#config }, bubbles: true, composed: true }),
      );
      this.#draw();
    });
    this.append(form);
    return form;
  }
}
