/**
 * The card of a server. It draws only where something of its own has changed, and is seen: `hass` is set at every change
 * in the house.
 */

import { CPU, DISK, DOWN, MEMORY, RECEIVED, SENT, SERVER, UP } from "./icons.js";
import { isPlain, navigate, showMoreInfo } from "./navigation.js";
import { fetchHubs } from "./overview.js";
import { CARD_KEYS, configForm, GRID, serverOf } from "./server-card-config.js";
import { modelOf, silentSinceOf, statusOf } from "./server-card-model.js";
import { STYLE } from "./server-card-style.js";
import { textsFor, textsOfPage } from "./texts/index.js";
import { startTicking, stopTicking } from "./ticker.js";
import { unwatchVisibility, watchVisibility } from "./visibility.js";

/**
 * @typedef {import("./types.js").Hass} Hass
 * @typedef {import("./types.js").Entities} Entities
 * @typedef {import("./server-card-config.js").CardConfig} CardConfig
 * @typedef {Record<string, string | undefined>} Attributes those without a value are not there
 */

const METERS = ["cpu", "memory", "disk"];
const STATUS_COLOURS = { online: "green", offline: "red", never: "disabled", unknown: "disabled" };

const METER = (/** @type {string} */ icon, /** @type {string} */ name) =>
  `<span class="meter ${name}"><span class="line">${icon}<span class="label"></span><span class="value"></span></span>` +
  `<span class="track" role="meter" aria-valuemin="0" aria-valuemax="100"><span class="fill"></span></span></span>`;

const MARKUP = `<ha-card><a>
<span class="about">
  <span class="circle"><span class="flag" aria-hidden="true"></span>${SERVER}<span class="dot"></span></span>
  <span class="text"><span class="line"><span class="name"></span><span class="pill"></span></span><span class="detail"></span></span>
</span>
<span class="meters">${METER(CPU, "cpu")}${METER(MEMORY, "memory")}${METER(DISK, "disk")}</span>
<span class="amounts">
  <span class="speeds"><span>${DOWN} <span class="in"></span></span><span>${UP} <span class="out"></span></span></span>
  <span class="totals"><span>${RECEIVED} <span class="received"></span></span><span>${SENT} <span class="sent"></span></span></span>
</span>
</a></ha-card>`;

/** @type {HTMLTemplateElement | undefined} */
let template;
/** @type {CSSStyleSheet | undefined} */
let sheet;

/** Returns what every card starts from: parsed once. */
function skeleton() {
  if (!template) {
    template = document.createElement("template");
    template.innerHTML = MARKUP.replace(/>\s+</g, "><");
  }
  return document.importNode(template.content, true);
}

function style() {
  if (!sheet) {
    sheet = new CSSStyleSheet();
    sheet.replaceSync(STYLE);
  }
  return sheet;
}

export class ServerCard extends HTMLElement {
  /** @type {CardConfig | undefined} */
  #config;
  /** @type {Hass | undefined} */
  #hass;
  /** @type {Entities | undefined} */
  #entities;
  /** @type {string[]} */
  #watched = [];
  /** @type {Map<string, Element> | undefined} those that were looked up, by their selector */
  #nodes;
  /** @type {Map<string, string | undefined>} what is written where */
  #shown = new Map();
  #isDue = false;
  /** Whether it is on the screen, as far as is known. */
  #isSeen = true;
  /** Whether it shows values that are not of now, which nobody sees. */
  #isStale = false;
  /** @type {number | null | undefined} unix seconds; `null` once the server was seen online */
  #silentSince;
  #tick = () => this.#draw();

  static getConfigForm() {
    return configForm(textsOfPage());
  }

  /**
   * @param {Hass} hass
   * @param {string[]} unused
   * @param {string[]} [fallback]
   */
  static getStubConfig(hass, unused, fallback = []) {
    const entity = [...unused, ...fallback, ...Object.keys(hass.entities)].find((id) => serverOf(hass, id));
    return { device_id: entity ? serverOf(hass, entity) : "", layout: "card" };
  }

  /** @param {CardConfig} config */
  setConfig(config) {
    if (typeof config.device_id !== "string") throw new Error(textsOfPage().server);
    if (config.layout !== undefined && !Object.hasOwn(GRID, config.layout))
      throw new Error(`layout: ${Object.keys(GRID).join(", ")}`);
    this.#config = config;
    this.#show(config.entities);
  }

  getCardSize() {
    return GRID[this.#config?.layout ?? "card"].rows;
  }

  getGridOptions() {
    return GRID[this.#config?.layout ?? "card"];
  }

  /** @param {Hass} hass */
  set hass(hass) {
    const before = this.#hass;
    this.#hass = hass;
    if (!before || this.#isOther(before, hass)) this.#draw();
    else if (this.#hasNewValues(before, hass)) this.#drawOnceSeen();
    const isOfUser = this.#config && !this.#config.entities;
    if (isOfUser && before && before.entities !== hass.entities) this.#findEntities();
  }

  connectedCallback() {
    startTicking(this.#tick);
    watchVisibility(this, (isSeen) => {
      this.#isSeen = isSeen;
      if (isSeen && this.#isStale) this.#draw();
    });
    this.#draw();
  }

  disconnectedCallback() {
    stopTicking(this.#tick);
    unwatchVisibility(this);
    this.#isSeen = true;
  }

  /**
   * Whether it is to be drawn at once, be it seen or not: it is another server, in another language, online or not.
   *
   * @param {Hass} before
   * @param {Hass} after
   */
  #isOther(before, after) {
    const deviceId = this.#config?.device_id ?? "";
    const online = this.#entities?.online ?? "";
    return (
      before.locale !== after.locale ||
      before.devices[deviceId] !== after.devices[deviceId] ||
      before.states[online] !== after.states[online]
    );
  }

  /**
   * @param {Hass} before
   * @param {Hass} after
   */
  #hasNewValues(before, after) {
    return before.states !== after.states && this.#watched.some((id) => before.states[id] !== after.states[id]);
  }

  /** @param {Entities | undefined} entities */
  #show(entities) {
    this.#entities = entities;
    this.#watched = entities ? CARD_KEYS.flatMap((key) => entities[key] ?? []) : [];
    this.#draw();
  }

  /** Asks for the entities of a card that a user has added, and again where one of them may have another id. */
  async #findEntities() {
    const { device_id: deviceId } = /** @type {CardConfig} */ (this.#config);
    this.#entities ??= {};
    const hubs = await fetchHubs(/** @type {Hass} */ (this.#hass));
    const server = hubs.flatMap((hub) => hub.servers).find((server) => server.device_id === deviceId);
    if (!server || deviceId !== this.#config?.device_id) return;
    this.#config = { country: server.country, silent_since: server.silent_since, ...this.#config };
    this.#show(server.entities);
  }

  #drawOnceSeen() {
    if (this.#isSeen) this.#draw();
    else this.#isStale = true;
  }

  /** Draws before the next frame: the states of a server come one by one. */
  #draw() {
    if (this.#isDue || !this.#hass || !this.#config || !this.isConnected) return;
    this.#isDue = true;
    requestAnimationFrame(() => {
      this.#isDue = false;
      this.#isStale = false;
      if (this.isConnected) this.#drawNow();
    });
  }

  #drawNow() {
    const config = this.#config;
    const hass = this.#hass;
    if (!config || !hass) return;
    if (!this.#entities) this.#findEntities();
    const texts = textsFor(hass.locale.language);
    const entities = this.#entities ?? {};
    this.#remember(entities, hass);
    const model = modelOf({ ...config, silent_since: this.#silentSince }, entities, hass, texts, Date.now());
    const isOnline = model.status === "online";
    const target = this.#target();
    if (!this.#nodes) this.#build();

    this.#set("ha-card", { class: model.status });
    this.#set("a", {
      class: `${config.layout ?? "card"}${isOnline ? "" : " without"}`,
      style: `--status: var(--${STATUS_COLOURS[model.status]}-color)`,
      href: target,
      // Without an address it is no link to a browser, though a click shows something.
      role: target ? undefined : "button",
      tabindex: target ? undefined : "0",
      title: model.tooltip || undefined,
      "aria-label": model.label,
    });
    this.#write(".flag", model.flag ?? "");
    this.#write(".name", model.name || texts.server_gone);
    this.#set(".name", { title: model.name });
    this.#write(".detail", model.detail);
    this.#write(".pill", model.pill?.text ?? "");
    if (model.pill) this.#set(".pill", { style: `--value: var(--${model.pill.colour}-color)`, title: texts.expiry });
    for (const [index, meter] of model.meters.entries()) {
      const name = METERS[index];
      this.#set(`.${name}`, {
        style: `--value: var(--${meter.colour}-color)`,
        class: `meter ${name}${meter.isFull ? " full" : ""}`,
      });
      this.#write(`.${name} .label`, meter.label);
      this.#write(`.${name} .value`, meter.text);
      // Moved, not resized: the former costs no layout.
      this.#set(`.${name} .fill`, { style: `transform: translateX(${Math.round(meter.value ?? 0) - 100}%)` });
      this.#set(`.${name} .track`, {
        "aria-label": meter.label,
        "aria-valuetext": meter.text,
        "aria-valuenow": meter.value === undefined ? undefined : String(Math.round(meter.value)),
      });
    }
    this.#write(".in", model.inSpeed);
    this.#write(".out", model.outSpeed);
    this.#write(".received", model.inTotal);
    this.#write(".sent", model.outTotal);
  }

  /**
   * Remembers since when the server is offline: where the integration is reloaded, its states are as good as new.
   *
   * @param {Entities} entities
   * @param {Hass} hass
   */
  #remember(entities, hass) {
    const status = statusOf(entities, hass);
    if (status === "online") this.#silentSince = null;
    if (status !== "offline" || this.#silentSince) return;
    const told = this.#silentSince === undefined ? this.#config?.silent_since : undefined;
    this.#silentSince = told ?? silentSinceOf(entities, hass.states);
  }

  /**
   * Returns whether something is shown for the first time, or otherwise than before: a node that is not touched costs
   * nothing.
   *
   * @param {string} key
   * @param {string | undefined} value
   */
  #isNew(key, value) {
    if (this.#shown.has(key) && this.#shown.get(key) === value) return false;
    this.#shown.set(key, value);
    return true;
  }

  /** @param {string} selector */
  #node(selector) {
    const nodes = /** @type {Map<string, Element>} */ (this.#nodes);
    let node = nodes.get(selector);
    if (!node) {
      node = /** @type {Element} */ (this.shadowRoot?.querySelector(selector));
      nodes.set(selector, node);
    }
    return node;
  }

  /**
   * @param {string} selector
   * @param {string} text
   */
  #write(selector, text) {
    if (this.#isNew(selector, text)) this.#node(selector).textContent = text;
  }

  /**
   * @param {string} selector
   * @param {Attributes} attributes
   */
  #set(selector, attributes) {
    for (const name in attributes) {
      const value = attributes[name];
      if (!this.#isNew(`${selector} ${name}`, value)) continue;
      if (value === undefined) this.#node(selector).removeAttribute(name);
      else this.#node(selector).setAttribute(name, value);
    }
  }

  #build() {
    this.#nodes = new Map();
    const root = this.attachShadow({ mode: "open" });
    root.adoptedStyleSheets = [style()];
    root.append(skeleton());
    const link = /** @type {HTMLElement} */ (root.querySelector("a"));
    link.addEventListener("click", (click) => this.#follow(click));
    link.addEventListener("keydown", (key) => {
      if (key.key === "Enter" && !this.#target()) link.click();
    });
  }

  /**
   * Returns where the card leads: to the server's page, or without one to its device, which only administrators may
   * see.
   */
  #target() {
    if (this.#config?.navigation_path) return this.#config.navigation_path;
    return this.#hass?.user?.is_admin ? `/config/devices/device/${this.#config?.device_id}` : undefined;
  }

  /** @param {MouseEvent} click */
  #follow(click) {
    if (!isPlain(click)) return;
    click.preventDefault();
    const target = this.#target();
    const entity = this.#entities?.online;
    if (target) navigate(target);
    else if (entity) showMoreInfo(this, entity);
  }
}
