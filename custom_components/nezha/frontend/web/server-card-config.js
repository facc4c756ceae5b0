/** How the server card is configured: by the dashboard in full, by users with a device and a size. */

import { textsFor } from "./texts/index.js";

/**
 * @typedef {import("./types.js").Hass} Hass
 * @typedef {import("./types.js").Config} Config
 *
 * @typedef {object} CardConfig
 * @property {string} type
 * @property {string} device_id
 * @property {"card" | "row"} [layout]
 * @property {string} [country]
 * @property {number | null} [silent_since] when the server reported last, in unix seconds, if it was offline then
 * @property {import("./types.js").Entities} [entities] asked of the integration where they are not given
 * @property {string} [navigation_path]
 */

export const CARD_KEYS = [
  "online",
  "cpu",
  "memory",
  "disk",
  "net_in_speed",
  "net_out_speed",
  "net_in_transfer",
  "net_out_transfer",
  "boot_time",
  "last_active",
  "expiry",
];

/** @type {Record<"card" | "row", {columns: number, rows: number, min_columns: number}>} */
export const GRID = {
  card: { columns: 12, rows: 2, min_columns: 9 },
  row: { columns: 12, rows: 1, min_columns: 9 },
};

/**
 * Returns the form of the visual editor, in the language of the page.
 *
 * @param {import("./texts/index.js").Texts} texts
 */
export function configForm(texts) {
  /** @type {Record<string, string>} */
  const labels = { device_id: texts.server, layout: texts.size };
  const sizes = [
    { value: "card", label: texts.size_card },
    { value: "row", label: texts.size_row },
  ];
  return {
    schema: [
      {
        name: "device_id",
        required: true,
        selector: { device: { filter: { integration: "nezha" }, entity: { integration: "nezha", domain: "sensor" } } },
      },
      { name: "layout", selector: { select: { options: sizes, mode: "dropdown" } } },
    ],
    computeLabel: (/** @type {{name: string}} */ field) => labels[field.name],
  };
}

/**
 * Offers the card for an entity of a server, in both sizes.
 *
 * @param {Hass} hass
 * @param {string} entityId
 */
export function suggestFor(hass, entityId) {
  const deviceId = serverOf(hass, entityId);
  if (!deviceId) return null;
  const config = { type: "custom:nezha-server-card", device_id: deviceId };
  const texts = textsFor(hass.locale.language);
  return [{ config }, { label: texts.size_row, config: { ...config, layout: "row" } }];
}

/**
 * Returns the device of the server that an entity belongs to.
 *
 * @param {Pick<Hass, "entities" | "devices">} hass
 * @param {string} entityId
 * @returns {string | undefined}
 */
export function serverOf(hass, entityId) {
  const entity = hass.entities[entityId];
  if (entity?.platform !== "nezha" || !entity.device_id) return undefined;
  // The dashboard itself and what it probes are services, as Home Assistant sees them.
  return hass.devices[entity.device_id]?.entry_type === "service" ? undefined : entity.device_id;
}
