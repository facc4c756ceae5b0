/** The view of traffic, of what is to be paid, and of tasks. */

import { goTo, present, section, subtitle, title, view } from "../cards.js";
import { colourOf, DAYS_LEFT, USAGE } from "../colours.js";
import { above, coloured, or } from "../conditions.js";
import { deviceName } from "../fleet.js";
import { daysUntil } from "../formatting.js";
import { fill } from "../texts/index.js";
import { cyclesOf, unreachable } from "./parts.js";

/**
 * @typedef {import("../types.js").Config} Config
 * @typedef {import("../types.js").Hub} Hub
 * @typedef {import("../types.js").Server} Server
 * @typedef {import("./parts.js").Context} Context
 */

const MOST_CYCLE_TILES = 24;
const MOST_RENEWALS = 24;
const MOST_IN_DISTRIBUTION = 50;
const MOST_BARS = 10;
const HALF_FULL = 50;

/**
 * @param {Hub[]} hubs
 * @param {Context} context
 * @returns {Config}
 */
export function trafficView(hubs, context) {
  return view(
    present(
      ...hubs.flatMap((hub) => unreachable(hub, context)),
      sectionOf(
        hubs.flatMap((hub) => cycles(hub, context)),
        title(context.texts.traffic_cycles, "mdi:chart-donut"),
      ),
      sectionOf(renewals(hubs, context), title(context.texts.renewals, "mdi:calendar-clock")),
      sectionOf(traffic(hubs, context), title(context.texts.traffic, "mdi:swap-vertical")),
      context.options.tasks !== false &&
        sectionOf(
          hubs.flatMap((hub) => hub.tasks).map((task) => taskTile(task, context)),
          title(context.texts.tasks, "mdi:script-text-play"),
        ),
    ),
  );
}

/** @type {(cards: Config[], heading: Config) => Config | false} */
const sectionOf = (cards, heading) => cards.length > 0 && section([heading, ...cards]);

/**
 * The number that a state holds now, for an order that is good enough when the page is opened; -1 where there is none.
 *
 * @param {Context} context
 * @param {string | undefined} entity
 */
const numberOf = ({ hass }, entity) => {
  const value = Number(hass.states[entity ?? ""]?.state);
  return Number.isNaN(value) ? -1 : value;
};

/**
 * @param {Hub} hub
 * @param {Context} context
 * @returns {Config[]}
 */
function cycles(hub, context) {
  const { hass, texts } = context;
  return hub.cycles.flatMap(({ number, name }) => {
    const counted = hub.servers.flatMap((server) => {
      const cycle = cyclesOf(hub, server).find((other) => other.number === number);
      return cycle ? [{ server, ...cycle }] : [];
    });
    const limited = counted.flatMap(({ server, share }) => (share ? [{ server, share }] : []));
    if (!limited.length) return [];
    limited.sort((a, b) => numberOf(context, b.share) - numberOf(context, a.share));
    const reset = counted.find((cycle) => cycle.reset)?.reset;
    const badges = present(reset && { type: "entity", entity: reset, icon: "mdi:calendar-refresh" });
    const rule = name || String(number);
    if (limited.length > MOST_CYCLE_TILES) {
      const visibility = [or(limited.map(({ share }) => above(share, HALF_FULL)))];
      const list = {
        type: "entity-filter",
        show_empty: false,
        entities: limited.map(({ server, share }) => ({ entity: share, name: deviceName(hass, server.device_id) })),
        conditions: [{ condition: "numeric_state", above: HALF_FULL }],
        card: { type: "entities" },
        grid_options: { columns: 12 },
      };
      return [subtitle(fill(texts.cycle_over_half, { rule }), { badges, visibility }), list];
    }
    const tiles = limited.flatMap(({ server, share }) =>
      coloured(
        {
          type: "tile",
          entity: share,
          name: deviceName(hass, server.device_id),
          features: [{ type: "bar-gauge" }],
          features_position: "inline",
          tap_action: goTo(context.pageOf(server)),
          grid_options: { columns: 12, rows: 1 },
        },
        USAGE,
      ),
    );
    return [subtitle(rule, { badges }), ...tiles];
  });
}

/**
 * @param {Hub[]} hubs
 * @param {Context} context
 * @returns {Config[]}
 */
function renewals(hubs, context) {
  const { hass } = context;
  const expiring = hubs
    .flatMap((hub) => hub.servers)
    .filter(({ entities }) => entities.expiry)
    .map((server) => ({ server, moment: Date.parse(hass.states[server.entities.expiry]?.state) }))
    .sort((a, b) => (a.moment || Infinity) - (b.moment || Infinity));
  const isNothingKnown = expiring.every(({ moment }) => Number.isNaN(moment));
  const tiles = expiring
    // Of what is known now, those without an end are left out; where nothing is known, nobody is.
    .filter(({ moment }) => isNothingKnown || !Number.isNaN(moment))
    .slice(0, MOST_RENEWALS)
    .flatMap(({ server, moment }) => {
      const { days_left: daysLeft, expiry } = server.entities;
      const tile = {
        type: "tile",
        name: deviceName(hass, server.device_id),
        icon: "mdi:calendar-clock",
        tap_action: goTo(context.pageOf(server)),
      };
      if (daysLeft) return coloured({ ...tile, entity: daysLeft, grid_options: { columns: 6, rows: 1 } }, DAYS_LEFT);
      // A date is too long for half a line, and no native condition knows how far it is away.
      const color = Number.isNaN(moment) ? undefined : colourOf(DAYS_LEFT, daysUntil(moment, Date.now()));
      return [{ ...tile, entity: expiry, time_format: "date", color, grid_options: { columns: 12, rows: 1 } }];
    });
  const calendars = hubs.flatMap((hub) => present(hub.entities.renewals));
  const calendar = {
    type: "calendar",
    entities: calendars,
    initial_view: "listWeek",
    grid_options: { columns: 12, rows: 5 },
  };
  return [...tiles, ...present(calendars.length > 0 && calendar)];
}

/**
 * @param {Hub[]} hubs
 * @param {Context} context
 * @returns {Config[]}
 */
function traffic(hubs, context) {
  const { hass, texts } = context;
  const lines = (/** @type {string} */ key, /** @type {number} */ most) =>
    hubs
      .flatMap((hub) => hub.servers)
      .filter(({ entities }) => entities[key])
      .sort((a, b) => numberOf(context, b.entities[key]) - numberOf(context, a.entities[key]))
      .slice(0, most)
      .map(({ device_id, entities }) => ({ entity: entities[key], name: deviceName(hass, device_id) }));
  const speeds = lines("net_out_speed", MOST_IN_DISTRIBUTION);
  const totals = lines("net_out_transfer", MOST_BARS);
  return present(
    speeds.length > 0 && { type: "distribution", title: texts.outbound_now, entities: speeds },
    totals.length > 0 && {
      type: "statistics-graph",
      title: texts.outbound_by_day,
      chart_type: "bar-stack",
      days_to_show: 14,
      period: "day",
      stat_types: ["change"],
      entities: totals,
      grid_options: { columns: 12, rows: 6 },
    },
  );
}

/**
 * Returns a task's tile. It asks before it runs, and a tap on its icon does nothing: it would run commands on servers.
 *
 * @param {string} entity
 * @param {Context} context
 * @returns {Config}
 */
const taskTile = (entity, { texts }) => ({
  type: "tile",
  entity,
  name: { type: "entity" },
  state_content: ["last_run"],
  time_format: "relative",
  tap_action: {
    action: "perform-action",
    perform_action: "button.press",
    target: { entity_id: entity },
    confirmation: { text: texts.run_task },
  },
  icon_tap_action: { action: "none" },
  grid_options: { columns: 12, rows: 1 },
});
