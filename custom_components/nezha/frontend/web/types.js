/**
 * What the modules exchange with Home Assistant and with each other. Types only.
 *
 * @typedef {import("./formatting.js").Locale} Locale
 * @typedef {Record<string, string>} Entities entity ids by the integration's own keys; what is missing is not to be seen
 *
 * @typedef {object} Server
 * @property {string} device_id
 * @property {string} path of its page within the dashboard
 * @property {string[]} groups in the order of the Nezha dashboard
 * @property {string} country ISO 3166 code in capitals, or empty
 * @property {string} agent its version, or empty
 * @property {number | null} silent_since when a server that is offline reported last, in unix seconds
 * @property {Entities} entities
 *
 * @typedef {object} Service
 * @property {string} device_id
 * @property {(number | null)[]} days the availability of each of the last 30 days in percent, today last
 * @property {Entities} entities
 *
 * @typedef {object} Hub a Nezha dashboard
 * @property {string} entry_id
 * @property {string} title
 * @property {string} generation
 * @property {string | null} device_id
 * @property {Entities} entities
 * @property {string[]} groups in the order of the Nezha dashboard
 * @property {boolean} is_ordered whether the servers are in the order of the Nezha dashboard
 * @property {Server[]} servers
 * @property {Service[]} services
 * @property {{number: number, name: string}[]} cycles
 * @property {string[]} tasks the buttons that run them
 *
 * @typedef {object} State
 * @property {string} entity_id
 * @property {string} state
 * @property {Record<string, any>} attributes
 * @property {string} last_changed
 *
 * @typedef {object} Device
 * @property {string | null} [name]
 * @property {string | null} [name_by_user]
 * @property {string | null} [model]
 * @property {string | null} [hw_version]
 * @property {string | null} [sw_version]
 * @property {string | null} [configuration_url]
 * @property {string | null} [entry_type]
 *
 * @typedef {object} Hass
 * @property {Record<string, State>} states
 * @property {Record<string, Device>} devices
 * @property {Record<string, {entity_id: string, device_id?: string, platform?: string, name?: string | null}>} entities
 * @property {Locale} locale
 * @property {{time_zone?: string, state: string}} config
 * @property {{is_admin: boolean}} [user]
 * @property {string} [panelUrl]
 * @property {{sendMessagePromise: (message: {type: string} & Record<string, unknown>) => Promise<any>}} connection
 * @property {(state: State) => string} formatEntityState
 *
 * @typedef {object} Options of the dashboard
 * @property {string} [entry_id]
 * @property {"auto" | "card" | "row"} [layout]
 * @property {string[]} [groups]
 * @property {boolean} [hide_never_reported]
 * @property {string[]} [views]
 * @property {boolean} [tasks]
 *
 * @typedef {Record<string, any>} Config of a native view, section, card or badge
 */

export {};
