/** Following links within Home Assistant without loading the page again. */

/**
 * Whether a click is to be followed here: one for a new tab or window is the browser's affair.
 *
 * @param {MouseEvent} click
 */
export const isPlain = (click) =>
  !click.defaultPrevented && click.button === 0 && !click.metaKey && !click.ctrlKey && !click.shiftKey && !click.altKey;

/** @param {string} path */
export function navigate(path) {
  history.pushState(null, "", path);
  window.dispatchEvent(new CustomEvent("location-changed", { detail: { replace: false } }));
}

/**
 * @param {HTMLElement} element
 * @param {string} entityId
 */
export function showMoreInfo(element, entityId) {
  element.dispatchEvent(new CustomEvent("hass-more-info", { detail: { entityId }, bubbles: true, composed: true }));
}
