import { describe, expect, test } from "vitest";
import { faultOfAddress, faultOfShipStationOrigin, resolveChecked, type Resolve } from "./origin-policy.ts";
import { isPublicAddress } from "./public-addresses.ts";

/** Ways to write this machine, the cloud's metadata service or a private network into an address. */
const hostileUrls = [
  "https://127.0.0.1",
  "https://127.1",
  "https://127.0.1",
  "https://2130706433",
  "https://0x7f000001",
  "https://0x7f.0.0.1",
  "https://0X7F.1",
  "https://0177.0.0.1",
  "https://017700000001",
  "https://127.000.000.001",
  "https://127.0.0.1.",
  "https://%31%32%37.0.0.1",
  "https://①②⑦.0.0.1",
  "https://１２７.０.０.１",
  "https://127。0。0。1",
  "https://0",
  "https://0.0.0.0",
  "https://[::]",
  "https://[::1]",
  "https://[0:0:0:0:0:0:0:1]",
  "https://[::127.0.0.1]",
  "https://[::ffff:127.0.0.1]",
  "https://[::ffff:7f00:1]",
  "https://[::ffff:0:127.0.0.1]",
  "https://[64:ff9b::127.0.0.1]",
  "https://[64:ff9b:1::a00:1]",
  "https://[2002:7f00:1::]",
  "https://[2001:0:7f00:1::]",
  "https://[fe80::1]",
  "https://[fc00::1]",
  "https://[fd00:ec2::254]",
  "https://169.254.169.254",
  "https://169.254.169.254/latest/meta-data",
  "https://2852039166",
  "https://0xa9fea9fe",
  "https://0251.0376.0251.0376",
  "https://[::ffff:169.254.169.254]",
  "https://10.0.0.1",
  "https://0xa.0.0.1",
  "https://10.1",
  "https://172.16.0.1",
  "https://172.31.255.255",
  "https://192.168.1.1",
  "https://192.168.257",
  "https://3232235777",
  "https://100.64.0.1",
  "https://198.18.0.1",
  "https://192.0.0.192",
  "https://224.0.0.1",
  "https://255.255.255.255",
  "https://8.8.8.8",
  "https://localhost",
  "https://localhost.",
  "https://LOCALHOST",
  "https://erp",
  "https://erp.example.com.",
  "https://erp.example.com:8443",
  "https://erp.example.com:22",
  "http://erp.example.com",
  "ftp://erp.example.com",
  "file:///etc/passwd",
  "gopher://erp.example.com",
  "https:erp.example.com",
  "https:\\\\erp.example.com",
  "https://erp.example.com\\@127.0.0.1",
  "https://erp.example.com@127.0.0.1",
  "https://user:word@erp.example.com",
  "https://erp.example.com/x@y",
  "https://erp.example.com/?x",
  "https://erp.example.com/#x",
  " https://erp.example.com",
  "https://erp.example.com\t",
  "https://erp\n.example.com",
  "https://",
  "erp.example.com",
  "",
];

/** What a name could resolve to. */
const privateAddresses = [
  ...[
    "0.0.0.0",
    "0.1.2.3",
    "10.0.0.0",
    "10.255.255.255",
    "100.64.0.0",
    "100.127.255.255",
    "127.0.0.1",
    "127.255.255.254",
  ],
  ...["169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.192", "192.0.2.1", "192.88.99.1", "192.168.0.1"],
  ...["198.18.0.1", "198.19.255.255", "198.51.100.1", "203.0.113.9", "224.0.0.1", "239.255.255.255", "240.0.0.1"],
  ...["255.255.255.255", "::", "::1", "::127.0.0.1", "::7f00:1", "::ffff:7f00:1", "::ffff:10.0.0.1", "::ffff:8.8.8.8"],
  ...["::ffff:0:7f00:1", "64:ff9b::7f00:1", "64:ff9b::808:808", "64:ff9b:1::1", "100::1", "2001::1", "2001:0:7f00:1::"],
  ...["2001:db8::1", "2001:10::1", "2002:7f00:1::", "2002:a00:1::1", "3fff::1", "5f00::1", "fc00::1", "fd12:3456::1"],
  ...["fe80::1", "fe80::1%eth0", "febf::1", "fec0::1", "ff02::1", "4000::1", "0:0:0:0:0:0:0:1", "not an address", ""],
];

const publicAddresses = ["8.8.8.8", "1.1.1.1", "52.20.1.2", "172.15.0.1", "172.32.0.1", "100.63.0.1", "100.128.0.1"];
const publicAddresses6 = ["2606:4700::1111", "2a00:1450:4001::200e", "2600:1f18::1"];

describe("addresses as written", () => {
  test("the table holds at least sixty encodings", () => expect(hostileUrls.length).toBeGreaterThanOrEqual(60));

  test.for(hostileUrls)("%j is refused with a cure", (url) => {
    expect(faultOfAddress(url, [])).toMatch(/^(Use|Enter|Leave)/);
  });

  test.for(["https://erp.example.com", "https://erp.example.com/Company", "https://ERP.example.com:443/a/b/"])(
    "%s is fine",
    (url) => expect(faultOfAddress(url, [])).toBeUndefined(),
  );

  test("what the operator allows is fine, to the letter of the origin and no further", () => {
    const allowed = ["http://127.0.0.1:4501", "https://erp.corp:8443"];
    expect(faultOfAddress("http://127.0.0.1:4501/AcumaticaERP", allowed)).toBeUndefined();
    expect(faultOfAddress("https://erp.corp:8443", allowed)).toBeUndefined();
    for (const other of [
      "http://127.0.0.1:4502",
      "https://127.0.0.1:4501",
      "http://erp.corp:8443",
      "https://erp.corp:8444",
    ]) {
      expect(faultOfAddress(other, allowed), other).toBeDefined();
    }
  });

  test.for(["https://ssapi.shipstation.com", "https://ssapi6.shipstation.com/"])("ShipStation lives at %s", (url) => {
    expect(faultOfShipStationOrigin(url, [])).toBeUndefined();
  });

  test.for([
    "https://ssapi.shipstation.com.evil.example",
    "https://evil-ssapi.shipstation.com",
    "https://ssapi1234.shipstation.com",
    "https://ship10.shipstation.com",
    "https://shipstation.com",
    "https://ssapi.shipstation.com/orders",
    "http://ssapi.shipstation.com",
  ])("ShipStation does not live at %s", (url) => {
    expect(faultOfShipStationOrigin(url, [])).toBeDefined();
  });
});

describe("addresses resolved", () => {
  test.for(privateAddresses)("%j is not public", (address) => expect(isPublicAddress(address)).toBe(false));
  test.for([...publicAddresses, ...publicAddresses6])("%s is public", (address) =>
    expect(isPublicAddress(address)).toBe(true),
  );

  const to =
    (...addresses: string[]): Resolve =>
    () =>
      Promise.resolve(addresses.map((address) => ({ address, family: address.includes(":") ? 6 : 4 })));
  const url = new URL("https://erp.example.com/x");

  test.for(privateAddresses)("a name that resolves to a public address and to %j is refused", async (address) => {
    await expect(resolveChecked(url, [], to("8.8.8.8", address))).rejects.toMatchObject({
      code: "network.origin-refused",
    });
  });

  test("the refusal does not tell which address it was", async () => {
    await expect(resolveChecked(url, [], to("10.11.12.13"))).rejects.not.toThrow(/10\.11/);
  });

  test("a name of public addresses gives all of them", async () => {
    expect(await resolveChecked(url, [], to("8.8.8.8", "2606:4700::1111"))).toHaveLength(2);
  });

  test("a host of the operator may be private", async () => {
    expect(await resolveChecked(url, ["https://erp.example.com"], to("10.0.0.1"))).toHaveLength(1);
  });

  test("a name without addresses is unreachable", async () => {
    const nowhere: Resolve = () => Promise.reject(Object.assign(new Error("x"), { code: "ENOTFOUND" }));
    for (const resolve of [to(), nowhere]) {
      await expect(resolveChecked(url, [], resolve)).rejects.toMatchObject({ code: "network.unreachable" });
    }
  });
});
