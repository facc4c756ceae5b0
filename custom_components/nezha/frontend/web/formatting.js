/** Numbers, ages and flags as short texts. */

import { fill } from "./texts/index.js";

/**
 * @typedef {import("./texts/index.js").Texts} Texts
 * @typedef {{language: string, number_format?: string, time_format?: string}} Locale
 */

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const KIB = 1024;

/** @type {Record<string, number>} bytes per second */
const SPEEDS = { "B/s": 1, "kB/s": 1e3, "MB/s": 1e6, "GB/s": 1e9 };
/** @type {Record<string, number>} bytes */
const SIZES = { B: 1, KiB: KIB, MiB: KIB ** 2, GiB: KIB ** 3, TiB: KIB ** 4 };

/** @type {Record<string, string>} languages that write numbers as the user's setting says */
const NUMBER_LANGUAGES = {
  comma_decimal: "en-US",
  decimal_comma: "de",
  space_comma: "fr",
  quote_decimal: "de-CH",
  none: "en-US",
};

/**
 * Formats a number with at most so many decimals, as the user has it.
 *
 * @param {number} value
 * @param {number} decimals
 * @param {Locale} locale
 */
export const formatNumber = (value, decimals, locale) => formatOf(decimals, locale).format(value);

/** @type {Map<string, Intl.NumberFormat>} making one costs more than all that it is used for in a minute */
const formats = new Map();

/**
 * @param {number} decimals
 * @param {Locale} locale
 */
function formatOf(decimals, { language, number_format: wanted = "" }) {
  const key = `${decimals} ${wanted} ${language}`;
  const known = formats.get(key);
  if (known) return known;
  const options = { maximumFractionDigits: decimals, useGrouping: wanted !== "none" };
  let format;
  try {
    format = new Intl.NumberFormat(NUMBER_LANGUAGES[wanted] ?? language, options);
  } catch {
    // A language that the browser has never heard of.
    format = new Intl.NumberFormat(undefined, options);
  }
  formats.set(key, format);
  return format;
}

/**
 * @param {number} value
 * @param {Locale} locale
 */
const short = (value, locale) => formatNumber(value, value < 9.95 ? 1 : 0, locale);

/**
 * Formats a speed: below 1 MB/s in kB/s. Returns nothing for a unit that is not one of bytes, which the user has
 * chosen.
 *
 * @param {number} value
 * @param {string | undefined} unit
 * @param {Locale} locale
 */
export function formatSpeed(value, unit, locale) {
  const factor = SPEEDS[unit ?? ""];
  if (!factor) return undefined;
  const bytes = value * factor;
  if (bytes < 999_500) return `${formatNumber(bytes / 1e3, bytes < 9_950 && bytes > 0 ? 1 : 0, locale)} kB/s`;
  if (bytes < 999_500_000) return `${short(bytes / 1e6, locale)} MB/s`;
  return `${short(bytes / 1e9, locale)} GB/s`;
}

/**
 * Formats an amount of traffic: from 1000 GiB in TiB. Returns nothing for a unit that the user has chosen.
 *
 * @param {number} value
 * @param {string | undefined} unit
 * @param {Locale} locale
 */
export function formatSize(value, unit, locale) {
  const factor = SIZES[unit ?? ""];
  if (!factor) return undefined;
  const gibibytes = (value * factor) / SIZES.GiB;
  if (gibibytes > 0 && gibibytes < 0.1) return `${formatNumber(gibibytes * KIB, 0, locale)} MiB`;
  if (gibibytes < 999.5) return `${short(gibibytes, locale)} GiB`;
  return `${formatNumber(gibibytes / KIB, gibibytes / KIB < 99.95 ? 1 : 0, locale)} TiB`;
}

/**
 * Formats the state of a sensor; as Home Assistant does where it is no number, or of a unit that the user has chosen.
 *
 * @param {import("./types.js").State} state
 * @param {(value: number, unit: string | undefined, locale: Locale) => string | undefined} format
 * @param {Pick<import("./types.js").Hass, "locale" | "formatEntityState">} hass
 */
export function formatState(state, format, hass) {
  const value = Number(state.state);
  const text = Number.isNaN(value) ? undefined : format(value, state.attributes.unit_of_measurement, hass.locale);
  return text ?? hass.formatEntityState(state);
}

/** @param {number} value */
export const formatPercent = (value) => `${Math.round(value)}%`;

/**
 * Says how long ago a moment was, in its greatest unit alone.
 *
 * @param {number} moment milliseconds
 * @param {number} now milliseconds
 * @param {Texts} texts
 */
export function formatAge(moment, now, texts) {
  const age = now - moment;
  if (age < MINUTE) return texts.age_now;
  if (age < HOUR) return fill(texts.age_minutes, { count: Math.floor(age / MINUTE) });
  if (age < DAY) return fill(texts.age_hours, { count: Math.floor(age / HOUR) });
  return fill(texts.age_days, { count: Math.floor(age / DAY) });
}

/**
 * Counts the days from today to that of a moment, both as they are where the page is.
 *
 * @param {number} moment milliseconds
 * @param {number} now milliseconds
 */
export function daysUntil(moment, now) {
  const midnight = (/** @type {number} */ time) => {
    const date = new Date(time);
    return Date.UTC(date.getFullYear(), date.getMonth(), date.getDate());
  };
  return Math.round((midnight(moment) - midnight(now)) / DAY);
}

/**
 * Returns a country's flag as two regional indicators; systems without such a font show the letters.
 *
 * @param {string | undefined} country
 */
export function flagOf(country) {
  if (!country || !/^[A-Za-z]{2}$/.test(country)) return undefined;
  const indicators = [...country.toUpperCase()].map((letter) => 0x1f1a5 + letter.charCodeAt(0));
  return String.fromCodePoint(...indicators);
}
