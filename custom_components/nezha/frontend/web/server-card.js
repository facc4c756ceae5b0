/**
 * The card of a server. It draws only where something of its own has changed, and is seen: `hass` is set at every change
 * in the house.
 */

import { CPU, DISK, DOWN, MEMORY, RECEIVED, SENT, SERVER, UP } from "./icons.js";
import { isPlain, navigate, showMoreInfo } from "./navigation.js";
import { fetchHubs } from "./overview.js";
import { Part } from "./part.js";
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
 */

const METERS = ["cpu", "memory", "disk"];
const STATUS_COLOURS = { online: "green", offline: "red", never: "disabled", unknown: "disabled" };

const METER = (/** @type {string} */ icon, /** @type {string} */ name) =>
  `<span class="meter ${name}"><span class="line">${icon}<span class="label"></span><span class="value"></span></span>` +
  `<span class="track" role="meter" aria-valuemin="0" aria-valuemax="100"></span></span>`;

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
  /** @type {Map<string, Part> | undefined} those that were looked up, by their selector */
  #parts;
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
    const layout = config.layout ?? "card";
    if (!this.#parts) this.#build();

    const part = (/** @type {string} */ selector) => this.#part(selector);
    part("ha-card").set("class", model.status);
    const link = part("a");
    link.set("class", `${layout}${isOnline ? "" : " without"}`);
    link.style("--status", `var(--${STATUS_COLOURS[model.status]}-color)`);
    link.set("href", target);
    // Without an address it is no link to a browser, though a click shows something.
    link.set("role", target ? undefined : "button");
    link.set("tabindex", target ? undefined : "0");
    link.set("title", model.tooltip || undefined);
    link.set("aria-label", model.label);
    part(".flag").write(model.flag ?? "");
    part(".name").write(model.name || texts.server_gone);
    part(".name").set("title", model.name);
    part(".detail").write(model.detail);
    part(".pill").write(model.pill?.text ?? "");
    if (model.pill) {
      part(".pill").style("--value", `var(--${model.pill.colour}-color)`);
      part(".pill").set("title", texts.expiry);
    }
    for (const [index, meter] of model.meters.entries()) {
      const name = METERS[index];
      part(`.${name}`).style("--value", `var(--${meter.colour}-color)`);
      part(`.${name}`).set("class", `meter ${name}${meter.isFull ? " full" : ""}`);
      part(`.${name} .label`).write(meter.label);
      part(`.${name} .value`).write(meter.text);
      const track = part(`.${name} .track`);
      track.style("background-size", `${Math.round(meter.value ?? 0)}% 100%`);
      track.set("aria-label", meter.label);
      track.set("aria-valuetext", meter.text);
      track.set("aria-valuenow", meter.value === undefined ? undefined : String(Math.round(meter.value)));
    }
    if (layout === "row") return;
    part(".in").write(model.inSpeed);
    part(".out").write(model.outSpeed);
    part(".received").write(model.inTotal);
    part(".sent").write(model.outTotal);
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

  /** @param {string} selector */
  #part(selector) {
    const parts = /** @type {Map<string, Part>} */ (this.#parts);
    let part = parts.get(selector);
    if (!part) {
      part = new Part(/** @type {HTMLElement} */ (this.shadowRoot?.querySelector(selector)));
      parts.set(selector, part);
    }
    return part;
  }

  #build() {
    this.#parts = new Map();
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
