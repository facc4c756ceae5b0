// What is seen of an element: every visible text, and which of them is cut. Shadow roots are looked into.
(selector) => {
  const find = (node) => {
    if (node.localName === selector) return node;
    for (const child of [...(node.shadowRoot?.children ?? []), ...node.children]) {
      const found = find(child);
      if (found) return found;
    }
    return undefined;
  };
  const root = selector ? find(document.body) : document.querySelector("home-assistant");
  if (!root) return null;
  const up = (node) => node.assignedSlot ?? (node.parentNode instanceof ShadowRoot ? node.parentNode.host : node.parentNode);
  const isButton = (node) => /^(button|ha-button|ha-list-item|ha-list-item-base|ha-list-item-button|ha-dropdown-item|ha-control-button|ha-assist-chip|ha-tab-group-tab)$/.test(node.localName ?? "");
  const texts = [];
  const cut = [];
  const look = (node) => {
    if (node.nodeType === Node.TEXT_NODE) {
      const text = node.textContent.trim();
      if (!text) return;
      const range = document.createRange();
      range.selectNodeContents(node);
      const box = range.getBoundingClientRect();
      if (!box.width || !box.height) return;
      const parent = up(node);
      // A slot has no box of its own, and would count as hidden.
      let boxed = parent;
      while (boxed && getComputedStyle(boxed).display === "contents") boxed = up(boxed);
      if (!boxed?.checkVisibility?.({ checkOpacity: true, checkVisibilityCSS: true })) return;
      texts.push(text);
      // A text is cut where it reaches beyond something that hides what overflows, within the dialog or the button.
      let inButton = false;
      const clips = [];
      for (let ancestor = parent; ancestor && ancestor.nodeType === Node.ELEMENT_NODE; ancestor = up(ancestor)) {
        const overflow = getComputedStyle(ancestor).overflowX;
        if (overflow === "hidden" || overflow === "clip") clips.push(ancestor);
        if (isButton(ancestor)) { inButton = true; clips.push(ancestor); }
        if (ancestor === root) break;
      }
      if (selector || inButton) {
        for (const clip of clips) {
          const outer = clip.getBoundingClientRect();
          if (outer.width > 1 && (box.right > outer.right + 1.5 || box.left < outer.left - 1.5)) {
            cut.push([text, clip.localName]);
            break;
          }
        }
      }
      return;
    }
    if (node.nodeType !== Node.ELEMENT_NODE || ["style", "script", "svg"].includes(node.localName)) return;
    if (node.shadowRoot) node.shadowRoot.childNodes.forEach(look);
    node.childNodes.forEach(look);
  };
  look(root);
  return { texts, cut };
}
