import { BlockList, isIP } from "node:net";

/**
 * Address ranges that are not global unicast: this machine, private networks, cloud metadata, and the ranges that carry an IPv4
 * address inside an IPv6 one, because a translator may deliver those anywhere (failures T2). Checked by number, so that
 * every spelling of an address is the same address.
 */
const ipv4: readonly (readonly [string, number])[] = [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.0.0.0", 24],
  ["192.0.2.0", 24],
  ["192.31.196.0", 24],
  ["192.52.193.0", 24],
  ["192.88.99.0", 24],
  ["192.168.0.0", 16],
  ["192.175.48.0", 24],
  ["198.18.0.0", 15],
  ["198.51.100.0", 24],
  ["203.0.113.0", 24],
  ["224.0.0.0", 4],
  ["240.0.0.0", 4],
];

const ipv6: readonly (readonly [string, number])[] = [
  // Unspecified, loopback, and IPv4-compatible: `::127.0.0.1` is loopback to some systems.
  ["::", 96],
  // IPv4-mapped, whatever it maps: a resolver has no reason to answer so.
  ["::ffff:0:0", 96],
  ["::ffff:0:0:0", 96],
  // NAT64, well-known and local.
  ["64:ff9b::", 96],
  ["64:ff9b:1::", 48],
  ["100::", 64],
  ["100:0:0:1::", 64],
  // Teredo, benchmarking, ORCHID, documentation: all of 2001::/23 is for protocols.
  ["2001::", 23],
  ["2001:db8::", 32],
  // 6to4.
  ["2002::", 16],
  ["2620:4f:8000::", 48],
  ["3fff::", 20],
  ["5f00::", 16],
  ["fc00::", 7],
  ["fe80::", 10],
  ["fec0::", 10],
  ["ff00::", 8],
];

/** One list a family: Node finds every IPv4 address inside the IPv4-mapped range of IPv6. */
const blocked4 = new BlockList();
const blocked6 = new BlockList();
for (const [net, prefix] of ipv4) blocked4.addSubnet(net, prefix, "ipv4");
for (const [net, prefix] of ipv6) blocked6.addSubnet(net, prefix, "ipv6");

/** Only 2000::/3 has been given out for the public internet. */
const globalUnicast = new BlockList();
globalUnicast.addSubnet("2000::", 3, "ipv6");

/** Whether this IP address is one of the public internet. What is no address is not. */
export function isPublicAddress(address: string): boolean {
  const family = isIP(address);
  if (family === 4) return !blocked4.check(address, "ipv4");
  if (family === 6)
    return !address.includes("%") && globalUnicast.check(address, "ipv6") && !blocked6.check(address, "ipv6");
  return false;
}
