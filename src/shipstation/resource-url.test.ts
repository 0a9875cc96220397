import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseResourceUrl } from "./resource-url.ts";

const importBatch = "c212ed10-469b-4aa4-9d64-26f2d4cb93bf";
const good = "https://ssapi.shipstation.com/shipments?batchId=144015674&includeShipmentItems=False";
const tail = "/shipments?batchId=144015674&includeShipmentItems=False";

describe("a genuine resource_url names its stream", () => {
  const hosts = ["ssapi", "ssapi1", "ssapi2", "ssapi3", "ssapi6", "ssapi11", "ssapi12", "ssapi13"];
  const forms = [
    ["shipments", "/shipments?batchId=187980859&includeShipmentItems=False"],
    ["shipments", "/shipments?batchId=342961074&includeShipmentItems=True"],
    ["shipments", "/shipments?storeID=171654&includeShipmentItems=False"],
    ["orders", `/orders?importBatch=${importBatch}`],
    ["orders", `/orders?importBatch=${importBatch.toUpperCase()}`],
    ["fulfillments", "/fulfillments?batchId=187980859"],
    ["fulfillments", "/fulfillments?fulfillmentId=33974374"],
  ] as const;
  const urls = hosts.flatMap((host) =>
    forms.map(([stream, rest]) => [`https://${host}.shipstation.com${rest}`, stream]),
  );

  test.for([...urls, [`https://ssapi.shipstation.com:443${tail}`, "shipments"]])("%s", ([url, stream]) => {
    expect(parseResourceUrl(url)).toEqual({ stream });
  });
});

/** Addresses that are not ShipStation's, in the ways people disguise them. */
const foreignHosts = [
  "evil.example",
  "shipstation.com",
  "api.shipstation.com",
  "ssapi.shipstation.com.evil.example",
  "ssapi.shipstation.com.",
  "ssapi.shipstation.co",
  "ssapi.shipstation.com.au",
  "ssapi.shipstation.comevil.example",
  "evilssapi.shipstation.com",
  "evil-ssapi.shipstation.com",
  "evil.ssapi.shipstation.com",
  "ssapi-evil.shipstation.com",
  "ssapix.shipstation.com",
  "ssapi1234.shipstation.com",
  "ssapi-1.shipstation.com",
  "ssapi1.5.shipstation.com",
  "ssapi.evilshipstation.com",
  "ssapi.shipstation.evil.example",
  "ssapixshipstationxcom.evil.example",
  "ssapi_shipstation.com",
  "ssapi,shipstation.com",
  "ssapi..shipstation.com",
  "ssapi. shipstation.com",
  "SSAPI.SHIPSTATION.COM",
  "ssapi.ShipStation.com",
  "ѕѕарі.shipstation.com",
  "ssapi.shipstatıon.com",
  "ssapi。shipstation。com",
  "ssapi１.shipstation.com",
  "ssapi.ship\u00ADstation.com",
  "ssapi.ship\u200Bstation.com",
  "xn--ssapi-abc.shipstation.com",
  "localhost",
  "127.0.0.1",
  "127.1",
  "2130706433",
  "0x7f000001",
  "0177.0.0.1",
  "0",
  "[::1]",
  "[::ffff:127.0.0.1]",
  "[::ffff:7f00:1]",
  "169.254.169.254",
  "metadata.google.internal",
  "10.0.0.1",
  "192.168.0.1",
  "ssapi.shipstation.com.127.0.0.1.nip.io",
  "",
];
const authorities = [
  "user@ssapi.shipstation.com",
  "user:password@ssapi.shipstation.com",
  "ssapi.shipstation.com@evil.example",
  "ssapi.shipstation.com:443@evil.example",
  "ssapi.shipstation.com:x@evil.example:443",
  "@ssapi.shipstation.com",
  ":@ssapi.shipstation.com",
  "evil.example#@ssapi.shipstation.com",
  "evil.example\\@ssapi.shipstation.com",
  "evil.example\\.ssapi.shipstation.com",
  "ssapi.shipstation.com\\.evil.example",
  "ssapi.shipstation.com%2f.evil.example",
  "ssapi.shipstation.com%00.evil.example",
  "ssapi.shipstation.com%0d%0aHost:evil.example",
  "ssapi.shipstation.com%252f@evil.example",
  "evil.example/ssapi.shipstation.com",
  "evil.example?ssapi.shipstation.com",
  "evil.example;ssapi.shipstation.com",
  "evil.example,ssapi.shipstation.com",
  "ssapi.shipstation.com;evil.example",
  "ssapi.shipstation.com evil.example",
  "ssapi.shipstation.com\tevil.example",
  ...["80", "444", "8443", "4430", "0443", "00443", "443 ", "+443", "-1", "65979", "443:443", "", "x", "44３"].map(
    (port) => `ssapi.shipstation.com:${port}`,
  ),
];
const schemes = [
  "http://",
  "HTTPS://",
  "Https://",
  "//",
  "",
  "https:",
  "https:/",
  "https:///",
  "https:\\\\",
  "https:/\\",
  "https//",
  "https ://",
  "https:// ",
  "ftp://",
  "file://",
  "file:///",
  "gopher://",
  "dict://",
  "javascript://",
  "data:text/html,",
  "blob:https://",
  "jar:https://",
  "view-source:https://",
  "url:https://",
  "wss://",
  "httpss://",
  "xhttps://",
  "ht\ntps://",
  "h\ttps://",
];
const paths = [
  "",
  "/",
  "/shipments",
  "/shipments/",
  "/shipments?",
  "/shipments/?batchId=1",
  "//shipments?batchId=1",
  "/./shipments?batchId=1",
  "/../shipments?batchId=1",
  "/orders/../shipments?batchId=1",
  "/orders/createlabelfororder?orderId=1",
  "/shipments/voidlabel?shipmentId=1",
  "/orders/1?batchId=1",
  "/orders/createorders?batchId=1",
  "/accounts/listtags?batchId=1",
  "/webhooks?batchId=1",
  "/stores?storeID=1",
  "/carriers/addfunds?batchId=1",
  "/Shipments?batchId=1",
  "/SHIPMENTS?batchId=1",
  "/shipments;x=1?batchId=1",
  "/shipments.json?batchId=1",
  "/shipments%2f?batchId=1",
  "/%73hipments?batchId=1",
  "/shipments%3FbatchId=1",
  "/shipments\\?batchId=1",
  "\\shipments?batchId=1",
  "/shipments ?batchId=1",
  "/shipment?batchId=1",
  "/shipmentss?batchId=1",
  "/v2/shipments?batchId=1",
  "/redirect?batchId=1",
  "?batchId=1",
  ":shipments?batchId=1",
];
const queries = [
  "includeShipmentItems=False",
  "batchId=",
  "batchId",
  "=1",
  "batchId=abc",
  "batchId=-1",
  "batchId=1.5",
  "batchId=1e9",
  "batchId=0x1",
  "batchId=+1",
  "batchId=%31",
  "batchId= 1",
  "batchId=1 ",
  "batchId=1'--",
  "batchId=1;DROP",
  "batchId=1,2",
  "batchId=1=1",
  "batchId=１",
  "batchId[]=1",
  "batchId[$gt]=1",
  "batchId=1234567890123456789",
  `batchId=${"1".repeat(250)}`,
  "batchid=1",
  "BATCHID=1",
  "batchId=1&batchId=2",
  "batchId=1&batchId=1",
  "storeID=1&storeId=1",
  "storeID=1&storeID=2",
  "batchId=1&includeShipmentItems=False&includeShipmentItems=True",
  "batchId=1&includeShipmentItems=false&includeShipmentItems=true",
  "batchId=1&includeShipmentItems=",
  "batchId=1&includeShipmentItems=FALSE",
  "batchId=1&includeShipmentItems=0",
  "batchId=1&includeShipmentItems=yes",
  "batchId=1&",
  "&batchId=1",
  "batchId=1&&storeID=2",
  "batchId=1&page=2",
  "batchId=1&pageSize=500",
  "batchId=1&createDateStart=2000-01-01",
  "batchId=1&sortBy=CreateDate",
  "batchId=1&url=https://evil.example",
  "batchId=1&redirect=1",
  "batchId=1&callback=x",
  "batchId=1&__proto__=1",
  "__proto__=1",
  "constructor=1",
  "toString=1",
  "hasOwnProperty=1",
  "orderNumber=SO001",
  "importBatch=1",
  "importBatch=c212ed10469b4aa49d6426f2d4cb93bf",
  `importBatch={${importBatch}}`,
  `importBatch=${importBatch}0`,
  `importBatch=${importBatch.replace("c", "g")}`,
  `importBatch=${importBatch.slice(1)}`,
  `batchId=${importBatch}`,
  `importBatch=${importBatch}&importBatch=${importBatch}`,
];
const noises = [
  "\n",
  "\r",
  "\r\n",
  "\t",
  "\v",
  "\f",
  " ",
  "\0",
  "\u00A0",
  "\u2028",
  "\u2029",
  "\uFEFF",
  "\u200B",
  "\u202E",
  "\u0085",
  "#",
  "#@evil.example",
  "%",
  "%00",
  "%0d%0a",
  "%23",
  "\\",
  "@",
  "@evil.example",
  "é",
  "💥",
  "\uD800",
  ";",
  ",",
  "'",
  '"',
  "<",
  "|",
  "`",
  "{",
  "$(id)",
  "/../../",
  "?batchId=1",
  "://",
];
const middle = good.indexOf("batchId");
const notText: unknown[] = [
  undefined,
  null,
  true,
  1,
  0,
  NaN,
  {},
  [],
  [good],
  { href: good },
  new URL(good),
  Object(good),
  () => good,
  Symbol("x"),
  10n,
  { toString: () => good },
  { length: 1, 0: good },
];

const hostile: [string, unknown][] = [
  ...foreignHosts.map((host): [string, unknown] => ["host", `https://${host}${tail}`]),
  ...authorities.map((authority): [string, unknown] => ["authority", `https://${authority}${tail}`]),
  ...schemes.map((scheme): [string, unknown] => ["scheme", `${scheme}ssapi.shipstation.com${tail}`]),
  ...paths.map((path): [string, unknown] => ["path", `https://ssapi.shipstation.com${path}`]),
  ...queries.map((query): [string, unknown] => ["query", `https://ssapi.shipstation.com/shipments?${query}`]),
  ...noises.flatMap((noise): [string, unknown][] => [
    ["noise before", `${noise}${good}`],
    ["noise after", `${good}${noise}`],
    ["noise within", `${good.slice(0, middle)}${noise}${good.slice(middle)}`],
    ["noise in the host", good.replace("ssapi.", `ssapi${noise}.`)],
  ]),
  ["length", good.replace("144015674", "1".repeat(18)).padEnd(301, "&storeID=1")],
  ["length", `${good}&x=${"a".repeat(1_000_000)}`],
  ["length", "https://".repeat(100_000)],
  ["two at once", `${good} ${good}`],
  ["two at once", `${good}\n${good}`],
  ["two at once", `https://evil.example/\nhttps://ssapi.shipstation.com${tail}`],
  ["empty", ""],
  ...notText.map((value): [string, unknown] => ["not text", value]),
];

describe("everything else is no hint at all", () => {
  test("the corpus is large and has no genuine form in it", () => {
    expect(new Set(hostile.map(([, url]) => url)).size).toBeGreaterThanOrEqual(250);
    expect(hostile.map(([, url]) => url)).not.toContain(good);
  });

  test("no hostile value is accepted", () => {
    expect(hostile.filter(([, url]) => parseResourceUrl(url) !== undefined)).toEqual([]);
  });

  test("the corpus bites: naive checks accept dozens of it", () => {
    const texts = hostile.map(([, url]) => url).filter((url) => typeof url === "string");
    expect(texts.filter((url) => url.startsWith("https://ssapi")).length).toBeGreaterThan(50);
    expect(texts.filter((url) => /ssapi\d*\.shipstation\.com/.test(url)).length).toBeGreaterThan(100);
  });

  test("what one changed letter leaves acceptable is still ShipStation's host, over https", () => {
    const letters = fc.oneof(
      fc.string({ minLength: 1, maxLength: 1, unit: "binary" }),
      fc.constantFrom("", "1", "&", "="),
    );
    fc.assert(
      fc.property(fc.nat(good.length - 1), letters, (at, letter) => {
        const url = good.slice(0, at) + letter + good.slice(at + 1);
        if (parseResourceUrl(url) === undefined) return;
        expect(new URL(url).hostname).toMatch(/^ssapi\d{0,3}\.shipstation\.com$/);
        expect(new URL(url).protocol).toBe("https:");
        expect(new URL(url).username).toBe("");
      }),
      { numRuns: 20_000 },
    );
  });

  test("any value is answered, never thrown at", () => {
    fc.assert(
      fc.property(fc.oneof(fc.anything(), fc.webUrl({ withQueryParameters: true }), fc.string()), (value) => {
        expect(parseResourceUrl(value)).toBeUndefined();
      }),
      { numRuns: 5_000 },
    );
  });
});
