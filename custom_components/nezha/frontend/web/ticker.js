/** One timer for all that shows an age: it ticks once a minute while there is anything to tick for. */

const MINUTE = 60_000;

/** @type {Set<() => void>} */
const listeners = new Set();
/** @type {ReturnType<typeof setInterval> | undefined} */
let timer;

/** @param {() => void} listener */
export function startTicking(listener) {
  listeners.add(listener);
  timer ??= setInterval(() => listeners.forEach((listen) => listen()), MINUTE);
}

/** @param {() => void} listener */
export function stopTicking(listener) {
  listeners.delete(listener);
  if (listeners.size === 0) {
    clearInterval(timer);
    timer = undefined;
  }
}
