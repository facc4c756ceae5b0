/** The card of a server. It draws only where something of its own has changed: `hass` is set at every change in the house. */

import { CPU, DISK, DOWN, MEMORY, RECEIVED, SENT, SERVER, UP } from "./icons.js";
import { isPlain, navigate, showMoreInfo } from "./navigation.js";
import { fetchHubs } from "./overview.js";
import { configForm, GRID, serverOf } from "./server-card-config.js";
import { modelOf } from "./server-card-model.js";
import { STYLE } from "./server-card-style.js";
import { textsFor, textsOfPage } from "./texts/index.js";
import { startTicking, stopTicking } from "./ticker.js";

/**
 * @typedef {import("./types.js").Hass} Hass
 * @typedef {import("./types.js").Entities} Entities
 * @typedef {import("./server-card-config.js").CardConfig} CardConfig
 * @typedef {import("./server-card-model.js").Meter} Meter
 * @typedef {{root: HTMLElement, label: HTMLElement, value: HTMLElement, track: HTMLElement, fill: HTMLElement}} MeterNodes
 */

const METER = (/** @type {string} */ icon) =>
  `<span class="meter"><span class="line">${icon}<span class="label"></span><span class="value"></span></span>` +
  `<span class="track" role="meter" aria-valuemin="0" aria-valuemax="100"><span class="fill"></span></span></span>`;

const MARKUP = `<ha-card><a>
<span class="about">
  <span class="circle"><span class="flag" aria-hidden="true"></span>${SERVER}<span class="dot"></span></span>
  <span class="text"><span class="line"><span class="name"></span><span class="pill"></span></span><span class="detail"></span></span>
</span>
<span class="meters">${METER(CPU)}${METER(MEMORY)}${METER(DISK)}</span>
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

/**
 * Sets a text where it differs: a node that is not touched costs nothing.
 *
 * @param {HTMLElement} node
 * @param {string} text
 */
function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/**
 * @param {HTMLElement} node
 * @param {string} name
 * @param {string | undefined} value
 */
function setAttribute(node, name, value) {
  if (value === undefined) node.removeAttribute(name);
  else if (node.getAttribute(name) !== value) node.setAttribute(name, value);
}

export class ServerCard extends HTMLElement {
  /** @type {CardConfig | undefined} */
  #config;
  /** @type {Hass | undefined} */
  #hass;
  /** @type {Entities | undefined} */
  #entities;
  /** @type {Record<string, HTMLElement> | undefined} */
  #nodes;
  /** @type {MeterNodes[]} */
  #meters = [];
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
    if (config.layout !== undefined && !Object.hasOwn(GRID, config.layout)) throw new Error(`layout: ${Object.keys(GRID).join(", ")}`);
    this.#config = config;
    this.#entities = config.entities;
    this.#draw();
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
    if (!before || this.#isAffected(before, hass)) this.#draw();
  }

  connectedCallback() {
    startTicking(this.#tick);
    this.#draw();
  }

  disconnectedCallback() {
    stopTicking(this.#tick);
  }

  /**
   * @param {Hass} before
   * @param {Hass} after
   */
  #isAffected(before, after) {
    if (before.locale !== after.locale) return true;
    const deviceId = this.#config?.device_id ?? "";
    if (before.devices[deviceId] !== after.devices[deviceId]) return true;
    for (const key in this.#entities) {
      const entity = this.#entities[key];
      if (before.states[entity] !== after.states[entity]) return true;
    }
    return false;
  }

  async #findEntities() {
    const { device_id: deviceId } = /** @type {CardConfig} */ (this.#config);
    this.#entities = {};
    const hubs = await fetchHubs(/** @type {Hass} */ (this.#hass)).catch(() => []);
    const server = hubs.flatMap((hub) => hub.servers).find((server) => server.device_id === deviceId);
    if (!server || deviceId !== this.#config?.device_id) return;
    this.#config = { country: server.country, ...this.#config };
    this.#entities = server.entities;
    this.#draw();
  }

  #draw() {
    const config = this.#config;
    const hass = this.#hass;
    if (!config || !hass || !this.isConnected) return;
    if (!this.#entities) this.#findEntities();
    const texts = textsFor(hass.locale.language);
    const model = modelOf(config, this.#entities ?? {}, hass, texts, Date.now());
    const nodes = (this.#nodes ??= this.#build());
    const isOnline = model.status === "online";
    const colour = { online: "green", offline: "red", never: "disabled", unknown: "disabled" }[model.status];

    setAttribute(nodes.card, "class", model.status);
    setAttribute(nodes.link, "class", `${config.layout ?? "card"}${isOnline ? "" : " without"}`);
    setAttribute(nodes.link, "style", `--status: var(--${colour}-color)`);
    setAttribute(nodes.link, "href", this.#target());
    setAttribute(nodes.link, "aria-label", model.label);
    setAttribute(nodes.link, "title", model.tooltip || undefined);
    setText(nodes.flag, model.flag ?? "");
    setText(nodes.name, model.name || texts.server_gone);
    setAttribute(nodes.name, "title", model.name);
    setText(nodes.detail, model.detail);
    setText(nodes.pill, model.pill?.text ?? "");
    setAttribute(nodes.pill, "style", model.pill && `--value: var(--${model.pill.colour}-color)`);
    setAttribute(nodes.pill, "title", model.pill && texts.expiry);
    this.#meters.forEach((meter, index) => this.#drawMeter(meter, model.meters[index]));
    setText(nodes.in, model.inSpeed);
    setText(nodes.out, model.outSpeed);
    setText(nodes.received, model.inTotal);
    setText(nodes.sent, model.outTotal);
  }

  /**
   * @param {MeterNodes} nodes
   * @param {Meter} meter
   */
  #drawMeter({ root, label, value, track, fill }, meter) {
    setAttribute(root, "style", `--value: var(--${meter.colour}-color)`);
    setAttribute(root, "class", meter.isFull ? "meter full" : "meter");
    setText(label, meter.label);
    setText(value, meter.text);
    setAttribute(fill, "style", `width: ${meter.value ?? 0}%`);
    setAttribute(track, "aria-label", meter.label);
    setAttribute(track, "aria-valuetext", meter.text);
    setAttribute(track, "aria-valuenow", meter.value === undefined ? undefined : String(Math.round(meter.value)));
  }

  #build() {
    const root = this.shadowRoot ?? this.attachShadow({ mode: "open" });
    root.adoptedStyleSheets = [style()];
    root.append(skeleton());
    const find = (/** @type {string} */ selector, /** @type {ParentNode} */ within = root) =>
      /** @type {HTMLElement} */ (within.querySelector(selector));
    this.#meters = [...root.querySelectorAll(".meter")].map((node) => ({
      root: /** @type {HTMLElement} */ (node),
      label: find(".label", node),
      value: find(".value", node),
      track: find(".track", node),
      fill: find(".fill", node),
    }));
    const link = find("a");
    link.addEventListener("click", (click) => this.#follow(click));
    /** @type {Record<string, HTMLElement>} */
    const nodes = { card: find("ha-card"), link };
    for (const name of ["flag", "name", "detail", "pill", "in", "out", "received", "sent"]) nodes[name] = find(`.${name}`);
    return nodes;
  }

  /** Returns where the card leads: to the server's page, or without one to its device, which only administrators may see. */
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
