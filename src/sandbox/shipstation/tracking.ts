import type { Account } from "./account.ts";

/** Tracking numbers in the form of their carrier: unique in the account, because real ones are unique in the world. */
export function trackingNumber(account: Account, carrierCode: string): string {
  const serial = account.nextId("tracking");
  const digits = (count: number): string =>
    Array.from({ length: count }, () => Math.floor(account.random.next() * 10)).join("");
  switch (carrierCode) {
    case "ups":
    case "ups_walleted":
      return `1Z${digits(6)}03${String(serial).padStart(8, "0")}`;
    case "fedex":
      return `78${digits(2)}${String(serial).padStart(8, "0")}`;
    case "dhl_express":
      return `${digits(2)}${String(serial).padStart(8, "0")}`;
    default:
      return `9400111${digits(5)}${String(serial).padStart(10, "0")}`;
  }
}
