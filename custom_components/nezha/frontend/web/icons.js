/**
 * Small pictures, drawn here: a fleet has hundreds of them, and an icon of the frontend is an element with a request
 * each.
 */

/** @param {string} path @param {string} [name] */
const svg = (path, name = "") =>
  `<svg class="${name}" viewBox="0 0 24 24" aria-hidden="true"><path d="${path}"/></svg>`;

export const SERVER = svg("M4 3h16v5H4zm2 1.5v2h2v-2zM4 9.5h16v5H4zM6 11v2h2v-2zM4 16h16v5H4zm2 1.5v2h2v-2z", "server");
export const CPU = svg(
  "M6 6h12v12H6zm3 3v6h6V9zM9 2h2v4H9zM13 2h2v4h-2zM9 18h2v4H9zM13 18h2v4h-2zM2 9h4v2H2zM2 13h4v2H2zM18 9h4v2h-4zM18 13h4v2h-4z",
);
export const MEMORY = svg("M2 6h20v9H2zM4 16h3v3H4zM8.5 16h3v3h-3zM13 16h3v3h-3zM17.5 16h2.500v3h-2.500z");
export const DISK = svg(
  "M5 2h14v20H5zm7 3a5 5 0 1 0 0 10 5 5 0 0 0 0-10zm0 3.500a1.500 1.500 0 1 1 0 3 1.500 1.500 0 0 1 0-3zM8 17v2h3v-2z",
);
export const DOWN = svg("M11 3h2v13l4-4 1.500 1.500L12 20l-6.500-6.500L7 12l4 4z");
export const UP = svg("M11 21h2V8l4 4 1.500-1.500L12 4 5.500 10.500 7 12l4-4z");
export const RECEIVED = svg("M9 3h6v7h4l-7 7-7-7h4zM4 19h16v2H4z");
export const SENT = svg("M9 17h6v-7h4l-7-7-7 7h4zM4 19h16v2H4z");
