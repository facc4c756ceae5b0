/** What a server card says, worked out from the states alone: pure. */

import { colourOf, DAYS_LEFT, EXPIRES_SOON, USAGE } from "./colours.js";
import { daysUntil, flagOf, formatAge, formatPercent, formatSize, formatSpeed, formatState } from "./formatting.js";
import { fill } from "./texts/index.js";

/**
 * @typedef {import("./types.js").Hass} Hass
 * @typedef {import("./types.js").State} State
 * @typedef {import("./texts/index.js").Texts} Texts
 * @typedef {import("./colours.js").Colour} Colour
 * @typedef {import("./server-card-config.js").CardConfig} CardConfig
 * @typedef {import("./types.js").Entities} Entities
 * @typedef {"online" | "offline" | "never" | "unknown"} Status
 *
 * @typedef {object} Meter
 * @property {string} label
 * @property {string} text
 * @property {number | undefined} value percent
 * @property {Colour} colour
 * @property {boolean} isFull
 *
 * @typedef {object} Model
 * @property {Status} status
 * @property {string} name
 * @property {string | undefined} flag
 * @property {string} detail the second line
 * @property {string} tooltip
 * @property {{text: string, colour: Colour} | undefined} pill
 * @property {Meter[]} meters CPU, memory, disk
 * @property {string} inSpeed
 * @property {string} outSpeed
 * @property {string} inTotal
 * @property {string} outTotal
 * @property {string} label all of it, for who does not see it
 */

export const NOTHING = "–";
const WITHOUT_VALUE = new Set(["unknown", "unavailable"]);
/** @type {[string, "cpu" | "memory_short" | "disk", "cpu" | "memory" | "disk"][]} key, short text, full text */
const METERS = [
  ["cpu", "cpu", "cpu"],
  ["memory", "memory_short", "memory"],
  ["disk", "disk", "disk"],
];

/**
 * @param {CardConfig} config
 * @param {Entities} entities
 * @param {Pick<Hass, "states" | "devices" | "locale" | "formatEntityState">} hass
 * @param {Texts} texts
 * @param {number} now milliseconds
 * @returns {Model}
 */
export function modelOf(config, entities, hass, texts, now) {
  const read = (/** @type {string} */ key) => valueOf(hass.states[entities[key]]);
  const device = hass.devices[config.device_id];
  const name = device?.name_by_user || device?.name || "";
  const status = statusOf(entities, hass);
  const isOnline = status === "online";
  const system = [device?.model, isOnline ? uptime(read("boot_time"), now, texts) : undefined];
  const about = system.filter(Boolean).join(" · ");
  const meters = METERS.map(([key, short]) => meterOf(isOnline ? read(key) : undefined, texts[short]));
  const speed = (/** @type {string} */ key) =>
    amount(isOnline ? hass.states[entities[key]] : undefined, formatSpeed, hass);
  const total = (/** @type {string} */ key) =>
    amount(isOnline ? hass.states[entities[key]] : undefined, formatSize, hass);
  const [inSpeed, outSpeed] = [speed("net_in_speed"), speed("net_out_speed")];
  const statusText = textOf(status, config.silent_since, entities, hass, texts, now);
  const isRow = config.layout === "row";
  const speeds = `↓ ${inSpeed} ↑ ${outSpeed}`;
  const pill = pillOf(read("expiry"), now, texts);
  const values = METERS.map(([, , full], index) => `${texts[full]} ${meters[index].text}`);
  return {
    status,
    name,
    flag: flagOf(config.country),
    detail: isOnline ? (isRow ? speeds : about) : statusText,
    tooltip: isRow && isOnline ? about : "",
    pill: pill && (!isRow || pill.days <= EXPIRES_SOON) ? { text: pill.text, colour: pill.colour } : undefined,
    meters,
    inSpeed,
    outSpeed,
    inTotal: total("net_in_transfer"),
    outTotal: total("net_out_transfer"),
    label: [name, isOnline ? texts.online : statusText, ...(isOnline ? [...values, speeds] : [])].join(", "),
  };
}

/**
 * @param {State | undefined} state
 * @returns {string | undefined}
 */
const valueOf = (state) => (state && !WITHOUT_VALUE.has(state.state) ? state.state : undefined);

/**
 * Says how a server is. Where nobody may see whether it is online, its measurements say so: they are there only while
 * it is.
 *
 * @param {Entities} entities
 * @param {Pick<Hass, "states">} hass
 * @returns {Status}
 */
export function statusOf(entities, { states }) {
  if (!entities.online)
    return ["cpu", "memory", "disk"].some((key) => valueOf(states[entities[key]])) ? "online" : "unknown";
  const online = valueOf(states[entities.online]);
  if (online === undefined) return "unknown";
  if (online === "on") return "online";
  return entities.boot_time && states[entities.boot_time]?.state === "unknown" ? "never" : "offline";
}

/**
 * @param {Status} status
 * @param {number | null | undefined} silentSince unix seconds
 * @param {Entities} entities
 * @param {Pick<Hass, "states">} hass
 * @param {Texts} texts
 * @param {number} now
 */
function textOf(status, silentSince, entities, { states }, texts, now) {
  if (status === "never") return texts.never_reported;
  if (status !== "offline") return texts.no_data;
  const since = silentSince ?? silentSinceOf(entities, states);
  return fill(texts.offline_for, { age: formatAge(since * 1000, now, texts) });
}

/**
 * Returns since when a server is offline, as far as the states say. A restart of Home Assistant is a change of them
 * all; the moment
 * of the last report, where it is enabled, knows better.
 *
 * @param {Entities} entities
 * @param {Hass["states"]} states
 * @returns {number} unix seconds
 */
export const silentSinceOf = (entities, states) =>
  Date.parse(valueOf(states[entities.last_active]) ?? states[entities.online].last_changed) / 1000;

/**
 * @param {string | undefined} bootTime
 * @param {number} now
 * @param {Texts} texts
 */
function uptime(bootTime, now, texts) {
  const since = bootTime ? Date.parse(bootTime) : NaN;
  return Number.isNaN(since) ? undefined : fill(texts.up, { age: formatAge(since, now, texts) });
}

/**
 * @param {string | undefined} state
 * @param {string} label
 * @returns {Meter}
 */
function meterOf(state, label) {
  const value = state === undefined ? NaN : Number(state);
  if (Number.isNaN(value)) return { label, text: NOTHING, value: undefined, colour: "disabled", isFull: false };
  const shown = Math.min(100, Math.max(0, value));
  const colour = colourOf(USAGE, value);
  return { label, text: formatPercent(value), value: shown, colour, isFull: colour === "red" };
}

/**
 * @param {State | undefined} state
 * @param {(value: number, unit: string | undefined, locale: Hass["locale"]) => string | undefined} format
 * @param {Pick<Hass, "locale" | "formatEntityState">} hass
 */
function amount(state, format, hass) {
  if (!state || Number.isNaN(Number(valueOf(state)))) return NOTHING;
  return formatState(state, format, hass);
}

/**
 * @param {string | undefined} expiry
 * @param {number} now
 * @param {Texts} texts
 * @returns {{text: string, colour: Colour, days: number} | undefined}
 */
function pillOf(expiry, now, texts) {
  const moment = expiry ? Date.parse(expiry) : NaN;
  if (Number.isNaN(moment)) return undefined;
  const days = daysUntil(moment, now);
  const left = days > 0 ? fill(texts.days_left, { count: days }) : texts.expires_today;
  return { text: moment < now ? texts.expired : left, colour: colourOf(DAYS_LEFT, days), days };
}
