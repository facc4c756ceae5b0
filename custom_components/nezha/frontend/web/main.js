/**
 * Loads the dashboard's elements, in the version that Home Assistant has now.
 *
 * The page that imports this may be older: the service worker shows an app shell from its cache first. So where the
 * elements
 * are is asked of Home Assistant; where it does not answer in time, those beside this file are taken.
 */

const ANSWER_WITHIN = 2000;

/** @returns {Promise<string>} the address of the folder with the elements */
async function newestBase() {
  const own = new URL(".", import.meta.url).href;
  /** @type {any} */
  const page = window;
  try {
    const { conn } = await page.hassConnection;
    const { base } = await conn.sendMessagePromise({ type: "nezha/frontend" });
    return base ? new URL(`${base}/`, import.meta.url).href : own;
  } catch {
    // The integration is not set up yet.
    return own;
  }
}

/** @param {number} milliseconds */
const wait = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

// Elements that are defined earlier are lost where the frontend swaps in a registry of its own.
await customElements.whenDefined("home-assistant");
const base = await Promise.race([newestBase(), wait(ANSWER_WITHIN).then(() => new URL(".", import.meta.url).href)]);
const { define } = await import(`${base}elements.js`);
define();

export {};
