/** Which colour a value has. Names are those of the theme's palette, which native cards take too. */

/** @typedef {"green" | "orange" | "red" | "disabled"} Colour */

export const INBOUND = "blue";
export const OUTBOUND = "purple";

/** What charts take: there, names are CSS colours. */
export const CHART = {
  green: "#4caf50",
  blue: "#2196f3",
  purple: "#926bc7",
  orange: "#ff9800",
  teal: "#009688",
  grey: "#607d8b",
};

export const HIGH = 70;
export const FULL = 90;
export const EXPIRES_SOON = 30;
export const EXPIRES_NOW = 7;
const AVAILABLE = 99;
const MOSTLY_AVAILABLE = 95;
const FAST = 100;
const SLOW = 300;

/**
 * The bands of a kind of value from low to high: each reaches up to `to`, which belongs to it where `inclusive` is set.
 *
 * @typedef {{colour: Colour, to?: number}} Band
 * @typedef {{bands: readonly Band[], inclusive: boolean}} Scale
 */

/** @type {Scale} percent of something that can be full */
export const USAGE = {
  bands: [{ colour: "green", to: HIGH }, { colour: "orange", to: FULL }, { colour: "red" }],
  inclusive: true,
};
/** @type {Scale} percent of successful probes */
export const AVAILABILITY = {
  bands: [{ colour: "red", to: MOSTLY_AVAILABLE }, { colour: "orange", to: AVAILABLE }, { colour: "green" }],
  inclusive: false,
};
/** @type {Scale} milliseconds */
export const LATENCY = {
  bands: [{ colour: "green", to: FAST }, { colour: "orange", to: SLOW }, { colour: "red" }],
  inclusive: false,
};
/** @type {Scale} days until a server expires */
export const DAYS_LEFT = {
  bands: [{ colour: "red", to: EXPIRES_NOW }, { colour: "orange", to: EXPIRES_SOON + 1 }, { colour: "green" }],
  inclusive: false,
};

/**
 * Returns the colour of a value; without one it is grey.
 *
 * @param {Scale} scale
 * @param {number | null | undefined} value
 * @returns {Colour}
 */
export function colourOf(scale, value) {
  if (value === null || value === undefined || Number.isNaN(value)) return "disabled";
  const { bands, inclusive } = scale;
  const band = bands.find(({ to }) => to === undefined || value < to || (inclusive && value === to));
  return /** @type {Band} */ (band).colour;
}
