/** Says of elements whether they are on the screen, or nearly so: one observer for all of them. */

const MARGIN = "25% 0px";

/** @type {WeakMap<Element, (isSeen: boolean) => void>} */
const listeners = new WeakMap();
/** @type {IntersectionObserver | undefined} */
let observer;

/**
 * @param {Element} element
 * @param {(isSeen: boolean) => void} listener
 */
export function watchVisibility(element, listener) {
  observer ??= new IntersectionObserver(
    (entries) => entries.forEach(({ target, isIntersecting }) => listeners.get(target)?.(isIntersecting)),
    { rootMargin: MARGIN },
  );
  listeners.set(element, listener);
  observer.observe(element);
}

/** @param {Element} element */
export function unwatchVisibility(element) {
  listeners.delete(element);
  observer?.unobserve(element);
}
