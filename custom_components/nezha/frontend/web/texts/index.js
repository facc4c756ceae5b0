/**
 * The texts of the dashboard. A language is a file beside this one, and a line in LANGUAGES. Entities bring their own
 * names.
 */

import de from "./de.js";
import en from "./en.js";
import es from "./es.js";
import fr from "./fr.js";
import ja from "./ja.js";
import ptBR from "./pt-BR.js";
import ru from "./ru.js";
import zhHans from "./zh-Hans.js";
import zhHant from "./zh-Hant.js";

/** @typedef {typeof en} Texts */

/** @type {Readonly<Record<string, Texts>>} by Home Assistant's codes of languages */
export const LANGUAGES = { de, en, es, fr, ja, "pt-BR": ptBR, ru, "zh-Hans": zhHans, "zh-Hant": zhHant };

/**
 * Returns the texts in a language, or in the nearest that there is: `zh-TW` is written as `zh-Hant` is, `de-CH` as
 * `de`.
 *
 * @param {string | undefined} language
 * @returns {Texts}
 */
export function textsFor(language = "en") {
  if (Object.hasOwn(LANGUAGES, language)) return LANGUAGES[language];
  const [base, ...rest] = language.split("-");
  if (base === "zh") return rest.some((part) => /^(hant|tw|hk|mo)$/i.test(part)) ? zhHant : zhHans;
  return Object.hasOwn(LANGUAGES, base) ? LANGUAGES[base] : en;
}

/** Returns the texts in the language that the page is in before anything is known of the user's. */
export function textsOfPage() {
  const stored = globalThis.localStorage?.getItem("selectedLanguage");
  let chosen;
  try {
    chosen = stored ? JSON.parse(stored) : undefined;
  } catch {
    chosen = undefined;
  }
  return textsFor(chosen ?? globalThis.document?.documentElement.lang ?? globalThis.navigator?.language);
}

/**
 * Fills in the placeholders of a text.
 *
 * @param {string} text
 * @param {Record<string, string | number>} values
 */
export function fill(text, values) {
  return text.replace(/\{(\w+)\}/g, (whole, name) => (Object.hasOwn(values, name) ? String(values[name]) : whole));
}
