import { expect, test } from "vitest";
import { events } from "../src/api/sse";
import { labelled, runs } from "../src/charts/measure";
import { csv } from "../src/charts/save";
import { Format } from "../src/format/format";
import { ago, bytes, duration } from "../src/format/units";

const english = new Format("en-GB", "Europe/Berlin");
const arabic = new Format("ar-EG-u-nu-latn", "Africa/Cairo");

test("unknown is a dash and never a zero", () => {
  for (const format of [english, arabic]) {
    expect([
      format.money(null, "EUR"),
      format.number(undefined),
      format.percent(null),
      format.change(null),
      format.figure(null, "ratio"),
      format.day(null),
      format.instant(undefined),
      ago(null, format.locale),
      bytes(null, format.locale),
      duration(null, format.locale),
    ]).toEqual(Array(10).fill("–"));
  }
  expect(english.money(0, "EUR")).toBe("€0.00");
});

test("money follows its currency", () => {
  expect(english.money(59.9, "EUR")).toBe("€59.90");
  expect(english.money(1.234, "KWD")).toMatch(/1\.234/);
  expect(english.money(1450841, "EUR")).toBe("€1,450,841");
  expect(english.money(-12.5, "EUR")).toBe("-€12.50");
  expect(english.money(1450841, "EUR", true)).toBe("€1.5m");
  expect(english.money(5, null)).toBe("5");
});

test("changes carry their sign", () => {
  expect(english.change(12.34)).toBe("+12.3%");
  expect(english.change(-7.9)).toBe("-7.9%");
  expect(english.change(0)).toBe("0%");
  expect(english.change(1234.5)).toBe("+1,235%");
});

test("a day is never moved by a zone", () => {
  for (const zone of ["Pacific/Kiritimati", "Pacific/Pago_Pago", "UTC"]) {
    const format = new Format("en-GB", zone);
    expect(format.day("2026-11-27", "long")).toBe("Fri, 27 Nov 2026");
    expect(format.days("2026-10-31", "2026-11-27").replaceAll("\u2009", " ")).toBe("31 Oct – 27 Nov 2026");
  }
});

test("Arabic has Latin digits unless others are chosen", () => {
  expect(arabic.number(1234)).toMatch(/1[,٬.]?234/);
  expect(new Format("ar-EG-u-nu-arab", "UTC").number(1234)).toMatch(/١/);
});

test("ages are told in the unit that says enough", () => {
  const now = Date.parse("2026-11-27T12:00:00Z");
  expect(ago("2026-11-27T11:59:57Z", "en-GB", now)).toMatch(/3 sec/);
  expect(ago("2026-11-27T11:30:00Z", "en-GB", now)).toMatch(/30 min/);
  expect(ago("2026-11-25T11:30:00Z", "en-GB", now)).toMatch(/2 days ago/);
});

test("CSV quotes, and runs nothing in a spreadsheet", () => {
  const text = csv({
    head: ["a", "b"],
    rows: [
      ['say "hi", now', 1.5],
      ["=1+1", null],
      ["-x", -1],
    ],
  });
  expect(text).toBe('a,b\r\n"say ""hi"", now",1.5\r\n\'=1+1,\r\n\'-x,-1\r\n');
});

test("a stream is cut into events wherever its pieces end", () => {
  const whole =
    'id: 7\nevent: metric_update\ndata: {"a":1}\n\n: heartbeat\n\nid: 8\nevent: resync\ndata: {}\n\n';
  for (let cut = 0; cut <= whole.length; cut++) {
    const buffer = { text: "" };
    const seen = [whole.slice(0, cut), whole.slice(cut)].flatMap((piece) => {
      buffer.text += piece;
      return [...events(buffer)];
    });
    expect(seen.filter(({ data }) => data).map(({ id, event }) => id + event)).toEqual([
      "7metric_update",
      "8resync",
    ]);
  }
});

test("lines break where a value is unknown", () => {
  expect(runs([1, 2, null, 3, null, null, 4])).toEqual([[0, 1], [3], [6]]);
  expect(runs([null])).toEqual([]);
  expect(labelled(28, 300, 75).has(27)).toBe(true);
  expect(labelled(28, 300, 75).size).toBeLessThanOrEqual(4);
});

test("a length of time and a size are told in the largest unit that they fill", () => {
  expect(duration(0.6, "en-GB")).toBe("1 ms");
  expect(duration(850, "en-GB")).toBe("850 ms");
  expect(duration(1940, "en-GB")).toBe("1.9 secs");
  expect(duration(42_000, "en-GB")).toBe("42 secs");
  expect(duration(5_400_000, "en-GB")).toBe("1.5 hrs");
  expect(duration(3 * 86_400_000, "en-GB")).toBe("3 days");
  expect(duration(0, "en-GB")).toBe("0 ms");
  expect(bytes(999, "en-GB")).toBe("999 byte");
  expect(bytes(15_300, "en-GB")).toBe("15.3 kB");
});
