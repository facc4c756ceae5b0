// Notes when a page was last drawn anew, and how many elements of each kind were made: before any of the page's own scripts.
// Every shadow root is watched.
(() => {
  const pace = { drawn: 0, made: {} };
  let isPending = false;
  const observer = new MutationObserver(() => {
    if (isPending) return;
    isPending = true;
    // A task after the frame: what changed is laid out and painted by then.
    requestAnimationFrame(() =>
      setTimeout(() => {
        isPending = false;
        pace.drawn = performance.now();
      }),
    );
  });
  const everything = { attributes: true, characterData: true, childList: true, subtree: true };
  observer.observe(document, everything);
  const attachShadow = Element.prototype.attachShadow;
  Element.prototype.attachShadow = function (init) {
    const root = attachShadow.call(this, init);
    observer.observe(root, everything);
    pace.made[this.localName] = (pace.made[this.localName] ?? 0) + 1;
    return root;
  };

  // Goes to a page as a click does, and returns the milliseconds until it was drawn for the last time, with all of its cards,
  // before so many milliseconds in which nothing changed. Values of a large fleet change all the time.
  pace.open = async (path, tag, count, quiet) => {
    pace.made = {};
    const started = performance.now();
    history.pushState(null, "", path);
    window.dispatchEvent(new CustomEvent("location-changed", { detail: { replace: false } }));
    const isComplete = () => (pace.made[tag] ?? 0) >= count;
    while (!isComplete() || isPending || performance.now() - Math.max(started, pace.drawn) < quiet) {
      if (performance.now() - started > 180_000) throw new Error(`${path} has ${pace.made[tag] ?? 0} of ${count} ${tag}`);
      await new Promise((done) => setTimeout(done, 50));
    }
    return pace.drawn - started;
  };
  window.nezhaPace = pace;
})();
