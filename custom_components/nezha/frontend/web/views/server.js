/** The page of a server. What it does not have is left out; what it may not have now is hidden. */

import { alert, header, plain, present, section, title, view } from "../cards.js";
import { CHART, INBOUND, OUTBOUND, USAGE } from "../colours.js";
import { coloured, hasValue, is, isNot } from "../conditions.js";
import { deviceName } from "../fleet.js";
import { fill } from "../texts/index.js";
import { cyclesOf, unreachable } from "./parts.js";

/**
 * @typedef {import("../types.js").Config} Config
 * @typedef {import("../types.js").Hub} Hub
 * @typedef {import("../types.js").Server} Server
 * @typedef {import("./parts.js").Context} Context
 * @typedef {{entity: string, name: string}} Named
 */

const MOST_TEMPERATURES = 3;
const TEMPERATURE = "temperature_";
const HALF = { columns: 6, rows: 2 };
const LINE = { columns: 12, rows: 1 };

/**
 * @param {Hub} hub
 * @param {Server} server
 * @param {Context} context
 * @param {string} back where the way back leads
 * @returns {Config}
 */
export function serverView(hub, server, context, back) {
  const { hass, texts } = context;
  const device = hass.devices[server.device_id];
  const agent = server.agent && fill(texts.agent_version, { version: server.agent });
  const facts = present(device?.model, device?.hw_version, agent);
  const heading = (facts.length ? facts : [deviceName(hass, server.device_id)]).map(plain).join(" · ");
  return view(serverSections(hub, server, context), {
    back_path: back,
    header: header(`### ${heading}`),
    badges: serverBadges(server, context),
  });
}

/**
 * @param {Server} server
 * @param {Context} context
 * @returns {Config[]}
 */
export function serverBadges({ entities: { online, boot_time: bootTime, expiry } }, { texts }) {
  return present(
    online && { type: "entity", entity: online, color: "green", show_state: true },
    bootTime && {
      type: "entity",
      entity: bootTime,
      name: texts.up_for,
      show_name: true,
      icon: "mdi:timer-outline",
      color: "green",
      visibility: online ? [is(online, "on")] : undefined,
    },
    expiry && {
      type: "entity",
      entity: expiry,
      name: texts.expiry,
      show_name: true,
      color: "blue",
      visibility: [hasValue(expiry)],
    },
  );
}

/**
 * Returns the sections of a server's page: it is the whole dashboard where there is one server alone.
 *
 * @param {Hub} hub
 * @param {Server} server
 * @param {Context} context
 * @returns {Config[]}
 */
export function serverSections(hub, server, context) {
  const { online, boot_time: bootTime } = server.entities;
  const whileOnline = online ? [is(online, "on")] : undefined;
  const whileReachable = online ? [isNot(online, "unavailable")] : undefined;
  const onceReported = bootTime ? [isNot(bootTime, "unknown")] : undefined;
  return present(
    ...unreachable(hub, context),
    alerts(server, context),
    made(now(server, context), { visibility: whileOnline }),
    made(network(server, context), { visibility: whileOnline }),
    made(plan(hub, server, context), { visibility: whileReachable }),
    ...charts(server, context).map((cards) => made(cards, { visibility: onceReported })),
    made(traffic(server, context), { column_span: 2, visibility: onceReported }),
    made(activity(server, context), { column_span: 1 }),
  );
}

/**
 * Makes a section of a heading and cards, or nothing where there are no cards.
 *
 * @param {Config[]} cards the heading first
 * @param {Config} more
 */
const made = (cards, more) => cards.length > 1 && section(cards, more);

/**
 * @param {Server} server
 * @param {Context} context
 */
function alerts({ entities: { online, boot_time: bootTime } }, { texts }) {
  if (!online) return undefined;
  const since = `{{ as_local(states['${online}'].last_changed).strftime('%Y-%m-%d %H:%M') if states['${online}'] }}`;
  const offline = fill(texts.server_offline, { time: since });
  const cards = present(
    alert(
      "error",
      offline,
      texts.server_offline_detail,
      present(is(online, "off"), bootTime && isNot(bootTime, "unknown")),
    ),
    bootTime &&
      alert("info", texts.server_never, texts.server_never_detail, [is(online, "off"), is(bootTime, "unknown")]),
  );
  return section(cards, { column_span: 4, visibility: [is(online, "off")] });
}

/**
 * @param {Server} server
 * @param {Context} context
 * @returns {Config[]}
 */
function now(server, context) {
  const { texts } = context;
  const { entities } = server;
  const usages = [
    ...["cpu", "memory", "swap", "disk"].flatMap((key) =>
      entities[key] ? [{ entity: entities[key], name: texts[/** @type {"cpu"} */ (key)] }] : [],
    ),
    ...gpus(server, context),
  ];
  const tiles = usages.flatMap(({ entity, name }, index) =>
    coloured({ ...gauge(entity, name), grid_options: halfOrWhole(usages, index) }, USAGE),
  );
  const { load_1: load } = entities;
  return [
    title(texts.now, "mdi:gauge"),
    ...tiles,
    ...present(load && { type: "tile", entity: load, name: texts.load, color: "blue-grey", grid_options: LINE }),
    ...temperatures(server, context)
      .slice(0, MOST_TEMPERATURES)
      .map(({ entity, name }) => ({ type: "tile", entity, name, color: "deep-orange", grid_options: LINE })),
  ];
}

/** @type {(entity: string, name: string) => Config} */
const gauge = (entity, name) => ({ type: "tile", entity, name, features: [{ type: "bar-gauge" }] });

/** @type {(items: unknown[], index: number) => Config} the odd last one of two columns has both */
const halfOrWhole = (items, index) => (index === items.length - 1 && index % 2 === 0 ? { columns: 12, rows: 2 } : HALF);

/**
 * @param {Server} server
 * @param {Context} context
 * @returns {Config[]}
 */
function network({ entities }, { texts }) {
  const speed = (
    /** @type {string} */ key,
    /** @type {string} */ name,
    /** @type {string} */ color,
    /** @type {string} */ icon,
  ) =>
    entities[key] && {
      type: "tile",
      entity: entities[key],
      name,
      color,
      icon,
      features: [{ type: "trend-graph", hours_to_show: 24 }],
      grid_options: HALF,
    };
  const total = (/** @type {string} */ key, /** @type {string} */ name) =>
    entities[key] && {
      type: "statistic",
      entity: entities[key],
      name,
      stat_type: "change",
      period: { calendar: { period: "month" } },
      grid_options: HALF,
    };
  return present(
    title(texts.network, "mdi:swap-vertical"),
    speed("net_in_speed", texts.inbound, INBOUND, "mdi:arrow-down"),
    speed("net_out_speed", texts.outbound, OUTBOUND, "mdi:arrow-up"),
    total("net_in_transfer", texts.in_this_month),
    total("net_out_transfer", texts.out_this_month),
  );
}

/**
 * @param {Hub} hub
 * @param {Server} server
 * @param {Context} context
 * @returns {Config[]}
 */
function plan(hub, server, { texts }) {
  const cycles = cyclesOf(hub, server);
  const limited = cycles.flatMap(({ share, name }) => (share ? [{ share, name }] : []));
  const tiles = limited.flatMap(({ share, name }, index) =>
    coloured({ ...gauge(share, name), grid_options: halfOrWhole(limited, index) }, USAGE),
  );
  const { expiry, term, price } = server.entities;
  const maybe = (/** @type {string | undefined} */ entity, /** @type {Config} */ row) =>
    entity && { type: "conditional", conditions: [hasValue(entity)], row: { entity, ...row } };
  /** @type {Config[]} */
  const rows = present(
    maybe(expiry, { name: texts.expiry, format: "date" }),
    maybe(term, { name: texts.term }),
    maybe(price, { name: texts.price }),
    ...cycles.map(
      ({ reset, name }) =>
        /** @type {Config | undefined} */ (reset && { entity: reset, name: fill(texts.reset_of, { name }) }),
    ),
  );
  const list = rows.length > 0 && { type: "entities", entities: rows, grid_options: { columns: 12 } };
  return present(title(texts.plan, "mdi:calendar-sync"), ...tiles, list);
}

/**
 * Returns the charts of the last day: a section each, so that the view can fill its lines with them.
 *
 * @param {Server} server
 * @param {Context} context
 * @returns {Config[][]}
 */
function charts(server, context) {
  const { texts } = context;
  const percent = { min_y_axis: 0, max_y_axis: 100 };
  const line = (/** @type {string} */ key, /** @type {string} */ name, /** @type {string} */ color) =>
    server.entities[key] && { entity: server.entities[key], name, color };
  const chart = (
    /** @type {string} */ heading,
    /** @type {string} */ icon,
    /** @type {Config[]} */ entities,
    /** @type {Config} */ more,
  ) => [
    title(heading, icon),
    ...present(
      entities.length > 0 && {
        type: "history-graph",
        hours_to_show: 24,
        entities,
        grid_options: { columns: 12 },
        ...more,
      },
    ),
  ];
  const usage = present(
    line("cpu", texts.cpu, CHART.blue),
    line("memory", texts.memory, CHART.purple),
    line("swap", texts.swap, CHART.orange),
    line("disk", texts.disk, CHART.teal),
  );
  const speed = present(
    line("net_in_speed", texts.inbound, CHART.blue),
    line("net_out_speed", texts.outbound, CHART.purple),
  );
  const load = present(
    line("load_1", texts.minutes_1, CHART.blue),
    line("load_5", texts.minutes_5, CHART.teal),
    line("load_15", texts.minutes_15, CHART.grey),
  );
  return [
    chart(texts.usage_24h, "mdi:chart-line", usage, percent),
    chart(texts.speed_24h, "mdi:speedometer", speed, { min_y_axis: 0 }),
    chart(texts.load_24h, "mdi:gauge", load, { min_y_axis: 0 }),
    chart(texts.gpu_24h, "mdi:expansion-card", gpus(server, context), percent),
    chart(texts.temperature_24h, "mdi:thermometer", temperatures(server, context), { fit_y_data: true }),
  ];
}

/**
 * @param {Server} server
 * @param {Context} context
 * @returns {Config[]}
 */
function traffic({ entities }, { texts }) {
  const bars = present(
    entities.net_in_transfer && { entity: entities.net_in_transfer, name: texts.inbound, color: CHART.blue },
    entities.net_out_transfer && { entity: entities.net_out_transfer, name: texts.outbound, color: CHART.purple },
  );
  const chart = bars.length > 0 && {
    type: "statistics-graph",
    chart_type: "bar",
    days_to_show: 30,
    period: "day",
    stat_types: ["change"],
    entities: bars,
    grid_options: { columns: "full", rows: 5 },
  };
  return present(title(texts.traffic_by_day, "mdi:chart-bar"), chart);
}

/**
 * @param {Server} server
 * @param {Context} context
 * @returns {Config[]}
 */
function activity({ entities: { online, changes } }, { texts }) {
  const entities = present(online, changes);
  const log = entities.length > 0 && {
    type: "logbook",
    target: { entity_id: entities },
    hours_to_show: 168,
    grid_options: { columns: 12, rows: 5 },
  };
  return present(title(texts.activity, "mdi:history"), log);
}

/**
 * Returns the graphics cards, in order.
 *
 * @param {Server} server
 * @param {Context} context
 * @returns {Named[]}
 */
function gpus({ entities }, { hass, texts }) {
  const keys = Object.keys(entities).filter((key) => /^gpu_\d+$/.test(key));
  const number = (/** @type {string} */ key) => Number(key.slice(4));
  keys.sort((a, b) => number(a) - number(b));
  const name = (/** @type {string} */ key) =>
    hass.entities[entities[key]]?.name ||
    (keys.length > 1 ? fill(texts.gpu_number, { number: number(key) + 1 }) : texts.gpu);
  return keys.map((key) => ({ entity: entities[key], name: name(key) }));
}

/**
 * Returns the temperatures, named by their sensors.
 *
 * @param {Server} server
 * @param {Context} context
 * @returns {Named[]}
 */
function temperatures({ entities }, { hass }) {
  const keys = Object.keys(entities).filter((key) => key.startsWith(TEMPERATURE));
  return keys.map((key) => ({
    entity: entities[key],
    name: hass.entities[entities[key]]?.name || key.slice(TEMPERATURE.length),
  }));
}
