/**
 * Defines what Home Assistant asks for a dashboard, and loads the rest, in the version that Home Assistant has now.
 *
 * Home Assistant gives a dashboard up that is not defined within five seconds, on a busy machine or a slow line too: so
 * all that it waits for is in this one small file. What is behind it may take as long as it takes.
 *
 * The page that imports this may be older than the integration: the service worker shows an app shell from its cache
 * first. So where the rest is is asked of Home Assistant; where it does not answer in time, that beside this file is
 * taken.
 */

/** @typedef {typeof import("./elements.js")} Elements */

const ANSWER_WITHIN = 2000;
const AGAIN_AFTER = 1000;
const OWN_BASE = new URL(".", import.meta.url).href;

const DASHBOARD = "ll-strategy-dashboard-nezha";
const PARTS = [
  "ll-strategy-view-nezha-servers",
  "ll-strategy-view-nezha-group",
  "ll-strategy-view-nezha-services",
  "ll-strategy-view-nezha-traffic",
  "ll-strategy-view-nezha-server",
  "ll-strategy-section-nezha-attention",
];

/** @returns {Promise<string>} the address of the folder with the elements */
async function newestBase() {
  /** @type {any} */
  const page = window;
  try {
    const { conn } = await page.hassConnection;
    const { base } = await conn.sendMessagePromise({ type: "nezha/frontend" });
    return base ? new URL(`${base}/`, import.meta.url).href : OWN_BASE;
  } catch {
    // The integration is not set up yet.
    return OWN_BASE;
  }
}

// Elements that are made earlier are lost where the frontend swaps in a registry of its own.
const isReady = customElements.whenDefined("home-assistant");
/** @type {Elements | undefined} */
let elements;
/** @type {Promise<Elements> | undefined} */
let loading;

/** @param {number} milliseconds */
const wait = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Returns the rest; where it could not be loaded, the next call tries again. */
function load() {
  loading ??= Promise.all([Promise.race([newestBase(), wait(ANSWER_WITHIN).then(() => OWN_BASE)]), isReady])
    .then(([base]) => import(`${base}elements.js`))
    .then((loaded) => {
      elements = loaded;
      loaded.define();
      return loaded;
    })
    .catch(async (error) => {
      await wait(AGAIN_AFTER);
      loading = undefined;
      throw error;
    });
  return loading;
}

/** @type {(elements: Elements, name: string) => any} */
const realOf = ({ ELEMENTS }, name) => ELEMENTS[name];

/**
 * Makes the element that stands for a strategy until that is loaded.
 *
 * @param {string} name
 */
function strategyOf(name) {
  /** Whether Home Assistant has its answer, or waits for it: it may have given up before this was here. */
  let isAnswered = false;
  return class extends HTMLElement {
    /**
     * @param {unknown} config
     * @param {unknown} hass
     */
    static async generate(config, hass) {
      isAnswered = true;
      const loaded = await load().catch((error) => {
        isAnswered = false;
        throw error;
      });
      return realOf(loaded, name).generate(config, hass);
    }

    /**
     * @param {unknown} config
     * @param {unknown} before
     * @param {unknown} after
     */
    static shouldRegenerate(config, before, after) {
      return !isAnswered || Boolean(elements && realOf(elements, name).shouldRegenerate(config, before, after));
    }
  };
}

/** @returns {CustomElementConstructor} that of the dashboard, which a user chooses and configures */
const dashboard = () =>
  class extends strategyOf(DASHBOARD) {
    static async getConfigElement() {
      return realOf(await load(), DASHBOARD).getConfigElement();
    }

    static async getCreateSuggestions() {
      return realOf(await load(), DASHBOARD).getCreateSuggestions();
    }
  };

/** @param {string} name @param {() => CustomElementConstructor} make */
function define(name, make) {
  if (!customElements.get(name)) customElements.define(name, make());
}

load().catch((error) => console.error("Nezha's dashboard could not be loaded", error));
await isReady;
define(DASHBOARD, dashboard);
for (const name of PARTS) define(name, () => strategyOf(name));

export {};
