/**
 * The last 30 days of a service, a coloured stroke each, as on Nezha's own page. No chart of statistics knows a colour
 * for a day.
 */

import { AVAILABILITY, colourOf } from "./colours.js";
import { formatNumber } from "./formatting.js";
import { fetchHubs } from "./overview.js";
import { fill, textsFor } from "./texts/index.js";

/**
 * @typedef {import("./types.js").Hass} Hass
 * @typedef {(number | null)[]} Days percent, today last
 *
 * @typedef {object} DaysConfig
 * @property {string} device_id
 * @property {Days} days as they were when the page was made
 * @property {string} [entity] the availability of today, which the last of the days is taken from
 */

const STYLE = `
:host { display: block; height: 100%; }
ha-card { height: 100%; box-sizing: border-box; padding: 8px 12px; display: grid; align-content: center; gap: 4px; }
.days { display: flex; gap: 2px; height: 22px; }
.days span { flex: 1; border-radius: 2px; background: var(--value); }
.ends {
  display: flex; justify-content: space-between; font-size: 11px; line-height: 14px;
  color: var(--secondary-text-color);
}
`;
const DAY = 86_400_000;

/** @param {number} time */
const dayOf = (time) => new Date(time).toDateString();

export class ServiceDays extends HTMLElement {
  /** @type {DaysConfig | undefined} */
  #config;
  /** @type {Hass | undefined} */
  #hass;
  /** @type {Days} */
  #days = [];
  #madeOn = "";
  /** @type {{strip: HTMLElement, first: HTMLElement, last: HTMLElement} | undefined} */
  #nodes;

  /** @param {DaysConfig} config */
  setConfig(config) {
    this.#config = config;
    this.#days = config.days ?? [];
    this.#madeOn = dayOf(Date.now());
    this.#draw();
  }

  getCardSize() {
    return 1;
  }

  getGridOptions() {
    return { columns: 12, rows: 1, min_columns: 6 };
  }

  /** @param {Hass} hass */
  set hass(hass) {
    const entity = this.#config?.entity ?? "";
    const before = this.#hass;
    this.#hass = hass;
    if (this.#madeOn !== dayOf(Date.now())) this.#renew(hass);
    if (!before || before.states[entity] !== hass.states[entity] || before.locale !== hass.locale) this.#draw();
  }

  connectedCallback() {
    this.#draw();
  }

  /** @param {Hass} hass */
  async #renew(hass) {
    this.#madeOn = dayOf(Date.now());
    const hubs = await fetchHubs(hass);
    const service = hubs
      .flatMap((hub) => hub.services)
      .find((service) => service.device_id === this.#config?.device_id);
    if (!service?.days.length) return;
    this.#days = service.days;
    this.#draw();
  }

  #draw() {
    const hass = this.#hass;
    if (!hass || !this.isConnected || !this.#config) return;
    const texts = textsFor(hass.locale.language);
    const nodes = (this.#nodes ??= this.#build());
    const days = [...this.#days];
    const today = Number(hass.states[this.#config.entity ?? ""]?.state);
    if (days.length && !Number.isNaN(today)) days[days.length - 1] = today;
    while (nodes.strip.children.length < days.length) nodes.strip.append(document.createElement("span"));
    while (nodes.strip.children.length > days.length) nodes.strip.lastElementChild?.remove();
    const date = new Intl.DateTimeFormat(hass.locale.language, { month: "short", day: "numeric" });
    const now = Date.now();
    const describe = (/** @type {number | null} */ day) =>
      day === null ? texts.not_probed : `${formatNumber(day, 2, hass.locale)}%`;
    days.forEach((day, index) => {
      const stroke = /** @type {HTMLElement} */ (nodes.strip.children[index]);
      const moment = now - (days.length - 1 - index) * DAY;
      stroke.style.setProperty("--value", `var(--${colourOf(AVAILABILITY, day)}-color)`);
      stroke.title = fill(texts.day_value, { date: date.format(moment), value: describe(day) });
    });
    const worst = days.filter((day) => day !== null).sort((a, b) => a - b)[0] ?? null;
    const summary = fill(texts.days_summary, { count: days.length });
    nodes.strip.setAttribute(
      "aria-label",
      `${summary}: ≥ ${describe(worst)}, ${texts.today} ${describe(days.at(-1) ?? null)}`,
    );
    nodes.first.textContent = days.length ? date.format(now - (days.length - 1) * DAY) : "";
    nodes.last.textContent = texts.today;
  }

  #build() {
    const root = this.attachShadow({ mode: "open" });
    root.innerHTML =
      `<style>${STYLE}</style><ha-card><div class="days" role="img"></div>` +
      `<div class="ends" aria-hidden="true"><span></span><span></span></div></ha-card>`;
    const [first, last] = /** @type {HTMLElement[]} */ ([...root.querySelectorAll(".ends span")]);
    return { strip: /** @type {HTMLElement} */ (root.querySelector(".days")), first, last };
  }
}
