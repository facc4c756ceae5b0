/** An element that is touched only where it is to say something new: what is not touched costs nothing. */
export class Part {
  #element;
  /** @type {Map<string, string | undefined>} what was said, by attribute or property of its style */
  #said = new Map();
  #text = "";

  /** @param {HTMLElement} element without text */
  constructor(element) {
    this.#element = element;
  }

  /** @param {string} text */
  write(text) {
    if (text === this.#text) return;
    this.#text = text;
    const node = this.#element.firstChild;
    // A text that changes costs less than another in its place. What has become empty has to be so for style sheets too.
    if (node && text) node.nodeValue = text;
    else this.#element.textContent = text;
  }

  /**
   * @param {string} attribute
   * @param {string | undefined} value
   */
  set(attribute, value) {
    if (!this.#isNew(attribute, value)) return;
    if (value === undefined) this.#element.removeAttribute(attribute);
    else this.#element.setAttribute(attribute, value);
  }

  /**
   * @param {string} property
   * @param {string} value
   */
  style(property, value) {
    if (this.#isNew(property, value)) this.#element.style.setProperty(property, value);
  }

  /**
   * @param {string} key
   * @param {string | undefined} value
   */
  #isNew(key, value) {
    if (this.#said.get(key) === value) return false;
    this.#said.set(key, value);
    return true;
  }
}
