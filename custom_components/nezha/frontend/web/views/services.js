/** The view of what the dashboards probe. */

import { section, title, view, present } from "../cards.js";
import { AVAILABILITY, CHART, LATENCY } from "../colours.js";
import { coloured, is, isNot } from "../conditions.js";
import { deviceName } from "../fleet.js";
import { unreachable } from "./parts.js";

/**
 * @typedef {import("../types.js").Config} Config
 * @typedef {import("../types.js").Hub} Hub
 * @typedef {import("../types.js").Service} Service
 * @typedef {import("./parts.js").Context} Context
 */

const PROBED = ["on", "off"];
const MOST_WITH_TRENDS = 12;

/**
 * @param {Hub[]} hubs
 * @param {Context} context
 * @returns {Config}
 */
export function servicesView(hubs, context) {
  const services = hubs.flatMap((hub) => hub.services);
  const hasTrends = services.length <= MOST_WITH_TRENDS;
  return view([
    ...hubs.flatMap((hub) => unreachable(hub, context)),
    ...services.map((service) => serviceSection(service, hasTrends, context)),
  ]);
}

/**
 * @param {Service} service
 * @param {boolean} hasTrend
 * @param {Context} context
 * @returns {Config}
 */
function serviceSection(service, hasTrend, { hass, texts }) {
  const { up, availability_today: today, availability_30_days: days30 } = service.entities;
  const latency = service.entities.latency;
  const probed = up ? [is(up, PROBED)] : [];
  const trend = hasTrend ? { features: [{ type: "trend-graph", hours_to_show: 24 }] } : {};
  const half = (/** @type {number} */ rows) => ({ columns: 6, rows });
  const tile = (/** @type {string} */ entity, /** @type {string} */ name, /** @type {Config} */ more) => ({
    type: "tile",
    entity,
    name,
    ...more,
  });
  const cards = [
    ...(up
      ? [
          tile(up, texts.not_probed_yet, {
            hide_state: true,
            grid_options: { columns: 12, rows: 1 },
            visibility: [is(up, "unknown")],
          }),
        ]
      : []),
    ...(latency
      ? coloured(tile(latency, texts.latency, { ...trend, grid_options: half(hasTrend ? 2 : 1) }), LATENCY, probed)
      : []),
    ...(today ? coloured(tile(today, texts.today, { grid_options: half(1) }), AVAILABILITY, probed) : []),
    ...(days30 ? coloured(tile(days30, texts.days_30, { grid_options: half(1) }), AVAILABILITY, probed) : []),
    ...present(pastDays(service, up ? [isNot(up, "unknown")] : [], texts.availability)),
  ];
  const badges = present(
    up && { type: "entity", entity: up, color: "green", visibility: [is(up, "on")] },
    up &&
      today && {
        type: "entity",
        entity: today,
        name: texts.down,
        state_content: ["name", "state"],
        icon: "mdi:close-network",
        color: "red",
        visibility: [is(up, "off")],
      },
  );
  return section([title(deviceName(hass, service.device_id), undefined, { badges }), ...cards]);
}

/**
 * Returns the days of the past as Nezha shows them; where the dashboard has not said them, as Home Assistant has
 * recorded them.
 *
 * @param {Service} service
 * @param {Config[]} visibility
 * @param {string} name
 * @returns {Config | undefined}
 */
function pastDays({ device_id, days, entities }, visibility, name) {
  const { availability_today: entity } = entities;
  if (days.length) {
    return {
      type: "custom:nezha-service-days",
      device_id,
      days,
      entity,
      grid_options: { columns: 12, rows: 1 },
      visibility,
    };
  }
  if (!entity) return undefined;
  return {
    type: "statistics-graph",
    chart_type: "bar",
    days_to_show: 30,
    period: "day",
    stat_types: ["mean"],
    hide_legend: true,
    min_y_axis: 90,
    max_y_axis: 100,
    fit_y_data: true,
    entities: [{ entity, name, color: CHART.green }],
    grid_options: { columns: 12, rows: 3 },
    visibility,
  };
}
