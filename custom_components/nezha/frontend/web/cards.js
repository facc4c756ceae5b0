/** Pieces of native configuration that several views are made of. */

/**
 * @typedef {import("./types.js").Config} Config
 * @typedef {import("./types.js").Hass} Hass
 */

/** @type {(heading: string, icon?: string, more?: Config) => Config} */
export const title = (heading, icon, more) => ({ type: "heading", heading, heading_style: "title", icon, ...more });
/** @type {(heading: string, more?: Config) => Config} */
export const subtitle = (heading, more) => ({ type: "heading", heading, heading_style: "subtitle", ...more });

/** @type {(cards: Config[], more?: Config) => Config} */
export const section = (cards, more) => ({ type: "grid", cards, ...more });

/** @type {(path: string) => Config} */
export const goTo = (path) => ({ action: "navigate", navigation_path: path });

/**
 * Returns a view of sections.
 *
 * @param {Config[]} sections
 * @param {Config} [more]
 * @returns {Config}
 */
export const view = (sections, more) => ({
  type: "sections",
  max_columns: 4,
  dense_section_placement: true,
  ...more,
  sections,
});

/**
 * Returns an alert in the theme's colours.
 *
 * @param {"error" | "warning" | "info"} kind
 * @param {string} heading markup of its own is not escaped: it may hold a template
 * @param {string} [detail] likewise
 * @param {Config[]} [visibility]
 * @returns {Config}
 */
export const alert = (kind, heading, detail = "", visibility) => ({
  type: "markdown",
  text_only: true,
  content: `<ha-alert alert-type="${kind}" title="${heading}">${detail}</ha-alert>`,
  grid_options: { columns: "full" },
  visibility,
});

/**
 * Returns the header of a view.
 *
 * @param {string} content markdown
 * @returns {Config}
 */
export const header = (content) => ({
  layout: "responsive",
  badges_position: "bottom",
  badges_wrap: "scroll",
  card: { type: "markdown", text_only: true, content },
});

/**
 * Takes all meaning from a text that somebody else wrote. A native markdown card renders its content as a template
 * first, and then
 * as markdown; a character reference survives the former, and is a mere character to the latter.
 *
 * @param {string} text
 */
export const plain = (text) =>
  text.replace(/[\s]+/g, " ").replace(/[!-/:-@[-`{-~]/g, (character) => `&#${character.charCodeAt(0)};`);

/**
 * Returns the address of a page of the dashboard that is open.
 *
 * @param {Pick<Hass, "panelUrl">} hass
 * @param {string} path
 */
export const pageOf = (hass, path) => (hass.panelUrl ? `/${hass.panelUrl}/${path}` : path);

/**
 * Returns what is there of a list in which some may be missing.
 *
 * @type {<T>(...items: (T | false | null | undefined | "")[]) => T[]}
 */
export const present = (...items) => /** @type {any[]} */ (items.filter(Boolean));
