import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { test } from "node:test";

import { fill, LANGUAGES, textsFor } from "../../../custom_components/nezha/frontend/web/texts/index.js";

const folder = new URL("../../../custom_components/nezha/frontend/web/texts/", import.meta.url);
const english = LANGUAGES.en;
const placeholders = (text) => [...text.matchAll(/\{\w+\}/g)].map(([name]) => name).sort();

test("every file of texts is a language, and every language of the integration has texts", () => {
  const files = readdirSync(folder)
    .filter((name) => name !== "index.js")
    .map((name) => name.replace(".js", ""));
  const translations = readdirSync(new URL("../../../custom_components/nezha/translations/", import.meta.url));
  assert.deepEqual(files.sort(), Object.keys(LANGUAGES).sort());
  assert.deepEqual(files.sort(), translations.map((name) => name.replace(".json", "")).sort());
});

for (const [language, texts] of Object.entries(LANGUAGES)) {
  test(`${language} says the same as English`, () => {
    assert.deepEqual(Object.keys(texts).sort(), Object.keys(english).sort());
    for (const [key, text] of Object.entries(texts)) {
      assert.deepEqual(placeholders(text), placeholders(english[key]), key);
      assert.ok(text.trim() === text && text !== "", key);
    }
  });
}

test("a language is found by its nearest relative", () => {
  const cases = { en: "en", "en-GB": "en", "zh-Hans": "zh-Hans", "zh-CN": "zh-Hans", zh: "zh-Hans" };
  const others = { "zh-Hant": "zh-Hant", "zh-TW": "zh-Hant", "zh-HK": "zh-Hant", xx: "en", toString: "en" };
  for (const [language, found] of Object.entries({ ...cases, ...others })) {
    assert.equal(textsFor(language), LANGUAGES[found], language);
  }
  assert.equal(textsFor(undefined), english);
});

test("placeholders are filled in, and only those", () => {
  assert.equal(fill("{name} is {state} {other}", { name: "a$&b", state: 1 }), "a$&b is 1 {other}");
});
