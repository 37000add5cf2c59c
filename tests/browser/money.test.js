// Amounts as they are shown and typed where people live.

import assert from "node:assert/strict";
import "./support/words.js";
import { test } from "node:test";
import { decimalsOf } from "../../web/js/currency.js";
import { Money } from "../../web/js/money.js";

const AMOUNTS = [1, 5, 99, 100, 1_050, 12_050, 100_000, 123_456, 12_345_678, 1_234_567_890, 1_000_000_000_000];
const LOCALES = ["en-GB", "en-US", "de-DE", "de-CH", "de-AT", "fr-FR", "fr-CH", "es-ES", "es-MX", "it-IT", "pt-BR", "pt-PT", "en-IN", "hi-IN", "bn-BD",
  "ar-EG", "ar-AE", "fa-IR", "he-IL", "ja-JP", "zh-CN", "ko-KR", "sv-SE", "nb-NO", "pl-PL", "cs-CZ", "tr-TR", "ru-RU", "uk-UA", "lt-LT", "mr-IN", "my-MM", "ne-NP"];
const CURRENCIES = ["EUR", "USD", "GBP", "CHF", "JPY", "INR", "BRL", "SEK", "EGP", "KWD", "HUF"];

test("what is shown can be typed back, in every locale and currency", () => {
  for (const locale of LOCALES) {
    for (const currency of CURRENCIES) {
      const money = new Money(currency, decimalsOf(currency), locale);
      for (const minor of AMOUNTS) {
        for (const shown of [money.format(minor), money.plain(minor)]) {
          assert.deepEqual(money.parse(shown), { minor }, `${locale}, ${currency}: ${JSON.stringify(shown)}`);
        }
      }
    }
  }
});

test("what people type, as they type it", () => {
  const typed = [
    ["de-CH", "CHF", { "1’234.50": 123_450, "1'234.50": 123_450, "CHF 1’234.50": 123_450, "1234,50": 123_450, "12.5": 1_250, "1’234": 123_400 }],
    ["en-IN", "INR", { "12,34,567.50": 123_456_750, "₹12,34,567": 123_456_700, "1,00,000": 10_000_000, "100000": 10_000_000 }],
    ["ar-EG", "EGP", { "١٢٣٤٫٥٠": 123_450, "١٬٢٣٤٫٥": 123_450, "١٢": 1_200, "12.50": 1_250, "\u200f١٢٫٥٠\u00a0ج.م.": 1_250 }],
    ["fa-IR", "EUR", { "۱۲۳۴٫۵۰": 123_450, "۱٬۲۳۴": 123_400 }],
    ["ja-JP", "JPY", { "￥12,000": 12_000, "12,000": 12_000, "１２０００": 12_000, "１２，０００": 12_000, "12,000円": 12_000 }],
    ["es-ES", "EUR", { "1234,5": 123_450, "1.234,50 €": 123_450, "1.234": 123_400, "12,50": 1_250, "12.50": 1_250 }],
    ["fr-FR", "EUR", { "1\u202f234,50\u00a0€": 123_450, "1 234,50": 123_450, "1\u00a0234": 123_400, "12,5 €": 1_250 }],
    ["pt-BR", "BRL", { "R$ 1.234,50": 123_450, "R$1.234,50": 123_450, "1.234,50": 123_450, "12,50": 1_250 }],
    ["en-GB", "EUR", { "1,234.50": 123_450, "€1,234.50": 123_450, "12,50": 1_250, "1,234": 123_400, ".50": 50 }],
    ["de-DE", "EUR", { "1.234,50": 123_450, "1.234": 123_400, "12.50": 1_250, ",50": 50, "EUR 12": 1_200 }],
    ["en-GB", "KWD", { "1.234": 1_234, "12.5": 12_500 }],
    ["en-GB", "HUF", { "12.50": 1_250, "12": 1_200 }],
  ];
  for (const [locale, currency, cases] of typed) {
    const money = new Money(currency, decimalsOf(currency), locale);
    for (const [text, minor] of Object.entries(cases)) assert.deepEqual(money.parse(text), { minor }, `${locale}, ${currency}: ${text}`);
  }
});

test("what is not clear is not guessed", () => {
  const wrong = [
    ["en-GB", "EUR", ["1.234", "1.2.3", "12,34,56", "1,2345", "twelve", "-5", "1e3", "0x10", "12 USD", "", "0", "0.00", "10000000000.01", "∞"]],
    ["de-DE", "EUR", ["1,234", "1.23.4", "1,2,3"]],
    ["ja-JP", "JPY", ["12.5", "0"]],
    ["en-GB", "KWD", ["1.2345"]],
  ];
  for (const [locale, currency, texts] of wrong) {
    const money = new Money(currency, decimalsOf(currency), locale);
    for (const text of texts) {
      const { minor, error } = money.parse(text);
      assert.equal(minor, undefined, `${locale}: ${JSON.stringify(text)} became ${minor}`);
      assert.match(error, /[.]$/, text);
    }
  }
});
