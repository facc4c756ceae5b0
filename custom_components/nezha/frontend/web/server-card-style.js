/**
 * How the server card looks. All colours are the theme's. A new value is laid out within its card, whose size it cannot
 * change, and bars do not glide: sixty of them that do cost more than all else on the page.
 */

export const STYLE = `
:host { display: block; height: 100%; container-type: inline-size; }
ha-card { height: 100%; box-sizing: border-box; overflow: hidden; }
ha-card.offline {
  background: color-mix(in srgb, var(--red-color) 9%, var(--ha-card-background, var(--card-background-color, #fff)));
  border-color: color-mix(in srgb, var(--red-color) 50%, transparent);
}
a {
  contain: size layout style; box-sizing: border-box; height: 100%; color: inherit; text-decoration: none;
  font-variant-numeric: tabular-nums;
  border-radius: var(--ha-card-border-radius, 12px); -webkit-tap-highlight-color: transparent; cursor: pointer;
}
a:focus-visible { outline: 2px solid var(--primary-color); outline-offset: -2px; }
@media (hover: hover) { a:hover { background: color-mix(in srgb, var(--primary-text-color) 4%, transparent); } }

.circle {
  position: relative; flex: none; width: 36px; height: 36px; border-radius: 50%; display: grid; place-items: center;
  background: color-mix(in srgb, var(--status) 18%, transparent); font-size: 20px; line-height: 1;
}
.circle svg { width: 22px; height: 22px; fill: var(--status); }
.circle .flag:empty, .circle .flag:not(:empty) + svg { display: none; }
.dot {
  position: absolute; right: -1px; bottom: -1px; width: 9px; height: 9px; border-radius: 50%; background: var(--status);
  border: 2px solid var(--ha-card-background, var(--card-background-color, #fff));
}
.text { flex: 1; min-width: 0; }
.line { display: flex; align-items: center; gap: 8px; min-width: 0; }
.name { font-weight: 500; font-size: 14px; line-height: 20px; }
.name, .detail { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.detail { display: block; font-size: 12px; line-height: 16px; color: var(--secondary-text-color); }
.pill {
  flex: none; font-size: 11px; line-height: 18px; padding: 0 8px; border-radius: 9px; white-space: nowrap;
  color: var(--primary-text-color); background: color-mix(in srgb, var(--value) 20%, transparent);
}
.pill:empty { display: none; }

.meters { display: grid; grid-template-columns: repeat(3, minmax(0, 1fr)); gap: 12px; }
.meter { display: grid; gap: 4px; font-size: 12px; line-height: 16px; }
.meter .line { justify-content: space-between; gap: 4px; }
.label { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; color: var(--secondary-text-color); }
.full .value { font-weight: 700; }
.track {
  display: block; height: 5px; border-radius: 3px;
  background: linear-gradient(var(--value) 0 0) no-repeat color-mix(in srgb, var(--value) 20%, transparent);
}
svg { flex: none; fill: var(--secondary-text-color); }
.amounts {
  display: flex; justify-content: space-between; gap: 12px; font-size: 12px; line-height: 16px;
  color: var(--secondary-text-color);
}
.amounts > span { display: flex; gap: 10px; min-width: 0; white-space: nowrap; }
.amounts svg { width: 12px; height: 12px; vertical-align: -2px; margin-inline-end: 3px; }
.without .meters, .without .amounts { opacity: 0.45; }

.card {
  display: grid; grid-template-rows: auto auto auto; align-content: space-between; padding: 11px 12px;
  min-height: 118px;
}
.card .about { display: flex; align-items: center; gap: 10px; min-width: 0; }
.card .text { display: grid; grid-template-columns: minmax(0, 1fr) auto; column-gap: 8px; align-items: center; }
.card .text .line { display: contents; }
.card .name, .card .detail { grid-column: 1; }
.card .pill { grid-column: 2; grid-row: 1 / 3; }
.card .meter svg { display: none; }

.row { display: flex; align-items: center; gap: 12px; padding: 0 12px 0 10px; min-height: 54px; }
.row .about { display: contents; }
.row .meters { flex: none; grid-template-columns: repeat(3, 44px); gap: 8px; }
.row .value { margin-inline-start: auto; }
.row .meter svg { width: 14px; height: 14px; }
.row .label, .row .amounts, .row.without .meters { display: none; }

@container (max-width: 290px) {
  .card .totals { display: none; }
  .row .meters { grid-template-columns: repeat(3, 32px); gap: 6px; }
  .row .meter svg { display: none; }
}
@container (max-width: 240px) { .row .meters { display: none; } }
`;
