import type { Random } from "../lib/random.ts";
import { businessKinds, businessStems, goods, materials, origins, places } from "./shop-words.ts";

export interface ShopAddress {
  line1: string;
  line2: string;
  city: string;
  /** Empty where the country writes none. */
  state: string;
  postalCode: string;
  /** Two letters. */
  country: string;
}

export interface ShopItem {
  sku: string;
  description: string;
  itemClass: string;
  baseUom: string;
  salesUom: string;
  /** Per base unit, in `weightUom`; 0 means nobody has entered it. */
  weight: number;
  /** Empty where the item master carries no unit. */
  weightUom: "" | "LB" | "OZ" | "KG";
  upc: string | undefined;
  /** One `from` unit holds `factor` base units. */
  conversions: { from: string; factor: number }[];
  tariffCode: string | undefined;
  countryOfOrigin: string | undefined;
  /** Per base unit, in the company's currency. */
  price: number;
  imageUrl: string | undefined;
  warehouse: string;
}

export interface ShopCustomer {
  id: string;
  name: string;
  email: string;
  phone: string;
  attention: string;
  address: ShopAddress;
  residential: boolean;
  shipVia: string;
}

export interface ShopShipVia {
  code: string;
  description: string;
  commonCarrier: boolean;
  /** What the company means by the code, in ShipStation V1 words; undefined for its own vehicles. */
  service: { carrierCode: string; serviceCode: string } | undefined;
}

export interface ShopBox {
  id: string;
  description: string;
  /** Inches. */
  length: number;
  width: number;
  height: number;
  /** Pounds. */
  boxWeight: number;
  maxWeight: number;
}

/** An invented company's master data, from which the sandboxes are filled. */
export interface Shop {
  currency: string;
  /** The company's weight unit: what the ERP's package weights are in. */
  weightUom: "LB" | "KG";
  stockItems: ShopItem[];
  customers: ShopCustomer[];
  shipVias: ShopShipVia[];
  warehouses: { id: string; description: string }[];
  boxes: ShopBox[];
}

const stockItemCount = 200;
const customerCount = 60;

/** The same shop for the same random stream: 200 stock items, 60 customers, two warehouses. */
export function createShop(random: Random): Shop {
  const shipVias = shopShipVias();
  return {
    currency: "USD",
    weightUom: "LB",
    stockItems: Array.from({ length: stockItemCount }, (_, index) => stockItem(index, random)),
    customers: Array.from({ length: customerCount }, (_, index) => customer(index, random, shipVias)),
    shipVias,
    warehouses: [
      { id: "MAIN", description: "Main warehouse" },
      { id: "EAST", description: "East coast warehouse" },
    ],
    boxes: [
      { id: "SMALL", description: "Small carton", length: 8, width: 6, height: 4, boxWeight: 0.3, maxWeight: 10 },
      { id: "MEDIUM", description: "Medium carton", length: 12, width: 10, height: 8, boxWeight: 0.7, maxWeight: 30 },
      { id: "LARGE", description: "Large carton", length: 20, width: 16, height: 14, boxWeight: 1.6, maxWeight: 60 },
    ],
  };
}

function shopShipVias(): ShopShipVia[] {
  const via = (code: string, description: string, carrierCode?: string, serviceCode?: string): ShopShipVia => ({
    code,
    description,
    commonCarrier: carrierCode !== undefined,
    service: carrierCode === undefined || serviceCode === undefined ? undefined : { carrierCode, serviceCode },
  });
  return [
    via("USPSPRIO", "USPS Priority Mail", "stamps_com", "usps_priority_mail"),
    via("USPSGRD", "USPS Ground Advantage", "stamps_com", "usps_ground_advantage"),
    via("UPSGROUND", "UPS Ground", "ups_walleted", "ups_ground"),
    via("UPS2DAY", "UPS 2nd Day Air", "ups_walleted", "ups_2nd_day_air"),
    via("FEDEXGRD", "FedEx Ground", "fedex", "fedex_ground"),
    via("FEDEXHOME", "FedEx Home Delivery", "fedex", "fedex_home_delivery"),
    via("DHLEXP", "DHL Express Worldwide", "dhl_express", "dhl_express_worldwide"),
    via("LOCAL", "Own van"),
  ];
}

function stockItem(index: number, random: Random): ShopItem {
  const good = pick(goods, random, index);
  const material = pick(materials, random, Math.floor(index / goods.length));
  const weighed = random.next() < 0.9;
  const inCases = random.next() < 0.3;
  return {
    sku: sku(index, good.code, material),
    description: `${material} ${good.noun}`,
    itemClass: index % 3 === 0 ? "OUTDOOR" : "WORKSHOP",
    baseUom: "EA",
    salesUom: "EA",
    ...weight(weighed ? good.pounds * (0.8 + random.next() * 0.4) : 0, random),
    upc: random.next() < 0.7 ? upc(index) : undefined,
    conversions: inCases ? [{ from: "CASE", factor: 12 }] : [],
    tariffCode: random.next() < 0.8 ? good.tariff : undefined,
    countryOfOrigin: random.next() < 0.8 ? pick(origins, random) : undefined,
    price: round(good.price * (0.9 + random.next() * 0.3), 2),
    // An ERP keeps the name of an attached file here, which is no URL.
    imageUrl: random.next() < 0.4 ? `Stock Items (${good.code}-${index})\\front view.jpg` : undefined,
    warehouse: random.next() < 0.75 ? "MAIN" : "EAST",
  };
}

/** Nine of ten are plain; the rest carry what real item masters carry: `#`, `/`, blanks, a trailing dash. */
function sku(index: number, code: string, material: string): string {
  const number = String(1000 + index);
  if (index % 40 === 7) return `#${code}-${number}`;
  if (index % 40 === 17) return `${code}/${material.slice(0, 2).toUpperCase()}-${number}`;
  if (index % 40 === 27) return `${code} ${number} ${material.slice(0, 1).toUpperCase()}`;
  if (index % 40 === 37) return `${code}-${number}-`;
  return `${code}-${material.slice(0, 2).toUpperCase()}-${number}`;
}

function weight(pounds: number, random: Random): { weight: number; weightUom: ShopItem["weightUom"] } {
  const draw = random.next();
  if (pounds === 0) return { weight: 0, weightUom: draw < 0.5 ? "" : "LB" };
  if (draw < 0.1) return { weight: round(pounds * 16, 1), weightUom: "OZ" };
  if (draw < 0.2) return { weight: round(pounds * 0.45359237, 3), weightUom: "KG" };
  return { weight: round(pounds, 2), weightUom: draw < 0.3 ? "" : "LB" };
}

/** Twelve digits with a right check digit, in a range reserved for use inside one company (prefix 2). */
function upc(index: number): string {
  const digits = `2${String(7_400_000_000 + index * 131)}`;
  const sum = Array.from(digits).reduce((total, digit, at) => total + Number(digit) * (at % 2 === 0 ? 3 : 1), 0);
  return `${digits}${(10 - (sum % 10)) % 10}`;
}

function customer(index: number, random: Random, shipVias: ShopShipVia[]): ShopCustomer {
  const stem = pick(businessStems, random, index);
  const name = `${stem} ${pick(businessKinds, random, Math.floor(index / businessStems.length) + index)}`;
  const place = pick(places, random);
  const number = 1 + Math.floor(random.next() * 240);
  const domestic = place.country === "US";
  return {
    id: `C${String(1001 + index).padStart(6, "0")}`,
    name,
    email: `orders@customer-${index + 1}.example`,
    phone: `${place.phonePrefix}${String(100 + index)}`,
    attention: random.next() < 0.5 ? "Receiving" : "",
    address: {
      line1: `${number} ${pick(place.streets, random)}`,
      line2: random.next() < 0.25 ? `Unit ${1 + Math.floor(random.next() * 20)}` : "",
      city: place.city,
      state: place.state,
      postalCode: place.postalCode,
      country: place.country,
    },
    residential: random.next() < 0.2,
    shipVia: domestic ? pick(shipVias.slice(0, 6), random).code : "DHLEXP",
  };
}

/** A member of the list: by position where one is given, else drawn. */
function pick<T>(list: readonly T[], random: Random, position?: number): T {
  const at = position === undefined ? Math.floor(random.next() * list.length) : position % list.length;
  const chosen = list[at];
  if (chosen === undefined) throw new Error("cannot pick from an empty list");
  return chosen;
}

function round(value: number, digits: number): number {
  return Math.round(value * 10 ** digits) / 10 ** digits;
}
