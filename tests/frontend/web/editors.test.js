import assert from "node:assert/strict";
import { test } from "node:test";

globalThis.HTMLElement ??= class {};

const { optionsForm, withoutDefaults } =
  await import("../../../custom_components/nezha/frontend/web/dashboard-editor.js");
const { configForm, suggestFor } = await import("../../../custom_components/nezha/frontend/web/server-card-config.js");
const { LANGUAGES } = await import("../../../custom_components/nezha/frontend/web/texts/index.js");
const { hass, hub } = await import("./sample.js");

const names = (form) => form.map(({ name }) => name);
const choices = (form, name) => form.find((field) => field.name === name).selector.select.options;

test("the editor offers what there is", () => {
  const form = optionsForm([hub(3)], {}, LANGUAGES.en);
  assert.deepEqual(names(form), ["layout", "groups", "views", "hide_never_reported", "tasks"]);
  assert.deepEqual(choices(form, "groups"), ["Group 1", "Group 2", "Group 0"]);
});

test("of several dashboards one can be chosen, and then its groups", () => {
  const hubs = [hub(1), hub(1, { entry_id: "other", title: "Elsewhere", groups: ["X"] })];
  const all = optionsForm(hubs, {}, LANGUAGES.en);
  assert.deepEqual(choices(all, "entry_id"), [
    { value: "hub", label: "My site" },
    { value: "other", label: "Elsewhere" },
  ]);
  assert.deepEqual(choices(all, "groups"), ["Group 1", "X"]);
  assert.deepEqual(choices(optionsForm(hubs, { entry_id: "other" }, LANGUAGES.en), "groups"), ["X"]);
});

test("what is so anyway is not stored", () => {
  const values = {
    type: "custom:nezha",
    layout: "auto",
    groups: [],
    tasks: true,
    hide_never_reported: false,
    entry_id: "",
  };
  assert.deepEqual(withoutDefaults(values), { type: "custom:nezha" });
  const chosen = { layout: "row", groups: ["A"], tasks: false, hide_never_reported: true };
  assert.deepEqual(withoutDefaults(chosen), chosen);
});

test("the card is offered for entities of servers, in both sizes, and for no other", () => {
  const entities = {
    "sensor.cpu": { platform: "nezha", device_id: "device-1" },
    "sensor.hub": { platform: "nezha", device_id: "device-hub" },
    "sensor.other": { platform: "mqtt", device_id: "device-1" },
    "sensor.alone": { platform: "nezha" },
  };
  const home = hass({ entities });
  home.devices["device-hub"].entry_type = "service";
  const offers = suggestFor(home, "sensor.cpu");
  assert.deepEqual(
    offers.map(({ config }) => [config.device_id, config.layout]),
    [
      ["device-1", undefined],
      ["device-1", "row"],
    ],
  );
  for (const id of ["sensor.hub", "sensor.other", "sensor.alone", "sensor.unknown"])
    assert.equal(suggestFor(home, id), null);
});

test("the card's form is in the language of the page", () => {
  const form = configForm(LANGUAGES["zh-Hans"]);
  assert.deepEqual(form.schema.map(form.computeLabel), ["服务器", "大小"]);
});
