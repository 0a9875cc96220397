import { expect, test } from "vitest";
import { equals, instantLiteral, keyPath, modifiedWithin, queryString, textLiteral } from "./odata.ts";

test("quotes in a literal are doubled", () => {
  expect(textLiteral("O'Brien's")).toBe("'O''Brien''s'");
  expect(equals({ OrderType: "SO", OrderNbr: "1' or '1" })).toBe("OrderType eq 'SO' and OrderNbr eq '1'' or ''1'");
});

test("an instant is UTC with milliseconds and an explicit offset", () => {
  expect(instantLiteral(Date.UTC(2024, 4, 1, 12, 0, 0, 7))).toBe("datetimeoffset'2024-05-01T12:00:00.007+00:00'");
});

test("the plus of an offset is encoded, and blanks are not pluses", () => {
  const query = queryString({ filter: modifiedWithin("LastModified", 0, 1000), top: 100 });
  expect(query).not.toContain("+");
  expect(query).toContain("1970-01-01T00%3A00%3A01.000%2B00%3A00");
  expect(query).toContain("LastModified%20ge%20");
  expect(query).toMatch(/&\$top=100$/);
});

test("parameters that say nothing are left out", () => {
  expect(queryString({})).toBe("");
  expect(queryString({ skip: 0, expand: [], select: ["A", "B"] })).toBe("?$select=A,B");
});

test.for([
  { keys: ["SO", "000123"], path: "SO/000123" },
  { keys: ["#12-796524"], path: "%2312-796524" },
  { keys: ["01-792584-"], path: "01-792584-" },
  { keys: ["A B"], path: "A%20B" },
  { keys: ["SO", "Ä1"], path: "SO/%C3%841" },
  { keys: ["SO", "00/12"], path: undefined },
  { keys: ["A\\B"], path: undefined },
  { keys: ["A|B"], path: undefined },
  { keys: ["50%"], path: undefined },
  { keys: ["A+B"], path: undefined },
  { keys: [".."], path: undefined },
  { keys: ["A."], path: undefined },
  { keys: ["SO", ""], path: undefined },
])("keys $keys travel in a path as $path", ({ keys, path }) => {
  expect(keyPath(keys)).toBe(path);
});
