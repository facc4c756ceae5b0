/** Conditions of native cards, under which they are visible. */

/**
 * @typedef {import("./types.js").Config} Config
 * @typedef {import("./colours.js").Scale} Scale
 */

/** What tells a bound from a value beside it: native conditions exclude both. */
const HAIR = 0.0001;
const WITHOUT_VALUE = ["unknown", "unavailable"];

/** @type {(entity: string, state: string | string[]) => Config} */
export const is = (entity, state) => ({ condition: "state", entity, state });
/** @type {(entity: string, state: string | string[]) => Config} */
export const isNot = (entity, state) => ({ condition: "state", entity, state_not: state });
/** @type {(entity: string) => Config} */
export const hasValue = (entity) => isNot(entity, WITHOUT_VALUE);
/** @type {(entity: string, value: number) => Config} */
export const above = (entity, value) => ({ condition: "numeric_state", entity, above: value });
/** @type {(conditions: Config[]) => Config} */
export const or = (conditions) => ({ condition: "or", conditions });
/** Holds never: of nothing, none is true. */
export const NEVER = or([]);
/** @type {(entity: string) => Config} */
export const hasNoValue = (entity) => or(WITHOUT_VALUE.map((state) => is(entity, state)));

/**
 * Returns a native card once for each colour of a scale, each visible within its band, and once for no value: a native
 * card has one
 * colour whatever its value.
 *
 * @param {Config} card with an `entity`
 * @param {Scale} scale
 * @param {Config[]} [also] further conditions
 * @returns {Config[]}
 */
export function coloured(card, scale, also = []) {
  const variants = scale.bands.map(({ colour, to }, index) => {
    const from = index ? scale.bands[index - 1].to : undefined;
    /** @type {Config} */
    const band = { condition: "numeric_state", entity: card.entity };
    if (from !== undefined) band.above = scale.inclusive ? from : from - HAIR;
    if (to !== undefined) band.below = scale.inclusive ? to + HAIR : to;
    return { ...card, color: colour, visibility: [...also, band] };
  });
  return [...variants, { ...card, visibility: [...also, hasNoValue(card.entity)] }];
}
