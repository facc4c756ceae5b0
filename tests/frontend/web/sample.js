/** Dashboards and states to lay out, as Home Assistant would give them. */

/**
 * @param {number} number
 * @param {Partial<import("../../../custom_components/nezha/frontend/web/types.js").Server>} [more]
 * @returns {import("../../../custom_components/nezha/frontend/web/types.js").Server}
 */
export function server(number, more = {}) {
  const keys = [
    ...[
      "online",
      "cpu",
      "memory",
      "swap",
      "disk",
      "net_in_speed",
      "net_out_speed",
      "net_in_transfer",
      "net_out_transfer",
    ],
    ...["boot_time", "load_1", "load_5", "load_15", "changes", "expiry", "cycle_1_used_share", "cycle_1_reset"],
    ...["temperature_coretemp", "gpu_0"],
  ];
  const domain = { online: "binary_sensor", changes: "event" };
  return {
    device_id: `device-${number}`,
    path: `server-${number}`,
    silent_since: null,
    groups: [`Group ${number % 3}`],
    country: "JP",
    agent: "2.3.4",
    entities: Object.fromEntries(keys.map((key) => [key, `${domain[key] ?? "sensor"}.server_${number}_${key}`])),
    ...more,
  };
}

/**
 * @param {number} count
 * @param {Partial<import("../../../custom_components/nezha/frontend/web/types.js").Hub>} [more]
 * @returns {import("../../../custom_components/nezha/frontend/web/types.js").Hub}
 */
export function hub(count, more = {}) {
  const servers = Array.from({ length: count }, (_, index) => server(index + 1));
  const keys = ["servers", "servers_online", "servers_offline", "net_in_speed", "net_out_speed"];
  return {
    entry_id: "hub",
    title: "My site",
    generation: "v2",
    device_id: "device-hub",
    entities: {
      ...Object.fromEntries(keys.map((key) => [key, `sensor.hub_${key}`])),
      renewals: "calendar.hub",
      dashboard: "binary_sensor.hub_dashboard",
    },
    groups: [...new Set(servers.flatMap(({ groups }) => groups))],
    is_ordered: true,
    servers,
    services: [1, 2].map((number) => ({
      device_id: `service-${number}`,
      days: [100, null, 97],
      entities: {
        up: `binary_sensor.service_${number}_up`,
        latency: `sensor.service_${number}_latency`,
        availability_today: `sensor.service_${number}_today`,
        availability_30_days: `sensor.service_${number}_30_days`,
      },
    })),
    cycles: [{ number: 1, name: "Monthly" }],
    tasks: ["button.hub_task_1"],
    ...more,
  };
}

/** A dashboard of v0, which knows servers alone. @param {number} count */
export function oldHub(count) {
  const old = hub(count, { generation: "v0", services: [], cycles: [], tasks: [] });
  delete old.entities.renewals;
  for (const { entities } of old.servers) {
    for (const key of ["changes", "expiry", "cycle_1_used_share", "cycle_1_reset"]) delete entities[key];
  }
  return old;
}

/**
 * @param {string} entityId
 * @param {string} state
 * @param {Record<string, any>} [attributes]
 */
export const state = (entityId, state, attributes = {}) => ({
  entity_id: entityId,
  state,
  attributes,
  last_changed: "2026-06-01T11:57:00+00:00",
});

/** @param {Record<string, any>} [more] @returns {any} */
export function hass(more = {}) {
  const ids = Array.from({ length: 1000 }, (_, index) => index + 1);
  return {
    states: {},
    devices: {
      ...Object.fromEntries(ids.map((id) => [`device-${id}`, { name: `vps-${id}`, model: "Debian 12.11" }])),
      "device-hub": { name: "My site", configuration_url: "http://nezha.example/" },
      "service-1": { name: "Website" },
      "service-2": { name: "DNS" },
    },
    entities: {},
    locale: { language: "en" },
    config: { state: "RUNNING" },
    user: { is_admin: true },
    panelUrl: "nezha-demo",
    connection: {},
    formatEntityState: (/** @type {any} */ { state, attributes }) =>
      `${state} ${attributes.unit_of_measurement} (user)`,
    ...more,
  };
}

/**
 * Lists every native or own card in a piece of configuration, those within others too.
 *
 * @param {any} config
 * @returns {any[]}
 */
export function cardsIn(config) {
  if (Array.isArray(config)) return config.flatMap(cardsIn);
  if (!config || typeof config !== "object") return [];
  const own = typeof config.type === "string" && config.type !== "grid" && config.type !== "sections" ? [config] : [];
  return [...own, ...["sections", "cards", "badges"].flatMap((key) => cardsIn(config[key]))];
}
