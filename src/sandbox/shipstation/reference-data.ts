import type { BoundAddress, ShipStationTables, StoreRow } from "./tables.ts";

/** The account's fixed surroundings: carriers with their services and packages, tags, users, and the rows it starts with. */
export interface Carrier {
  name: string;
  code: string;
  shippingProviderId: number;
  /** Name shown in fulfillments. */
  display: string;
  services: { code: string; name: string; international: boolean; ouncePrice: number; base: number }[];
  packages: { code: string; name: string }[];
}

const service = (code: string, name: string, base: number, ouncePrice: number, international = false) => ({
  code,
  name,
  international,
  base,
  ouncePrice,
});
const plainPackage = { code: "package", name: "Package" };

export const carriers: readonly Carrier[] = [
  {
    name: "Stamps.com",
    code: "stamps_com",
    shippingProviderId: 150_759,
    display: "USPS",
    services: [
      service("usps_first_class_mail", "USPS First Class Mail", 3.2, 0.08),
      service("usps_ground_advantage", "USPS Ground Advantage", 4.1, 0.09),
      service("usps_priority_mail", "USPS Priority Mail", 7.02, 0.11),
      service("usps_priority_mail_express", "USPS Priority Mail Express", 26.35, 0.2),
      service("usps_priority_mail_international", "USPS Priority Mail Intl", 41.2, 0.4, true),
    ],
    packages: [
      plainPackage,
      { code: "flat_rate_envelope", name: "Flat Rate Envelope" },
      { code: "medium_flat_rate_box", name: "Medium Flat Rate Box" },
    ],
  },
  {
    name: "UPS by ShipStation",
    code: "ups_walleted",
    shippingProviderId: 150_760,
    display: "UPS",
    services: [
      service("ups_ground", "UPS® Ground", 8.75, 0.05),
      service("ups_2nd_day_air", "UPS 2nd Day Air®", 17.4, 0.12),
      service("ups_next_day_air", "UPS Next Day Air®", 38.9, 0.25),
      service("ups_worldwide_expedited", "UPS Worldwide Expedited®", 61, 0.5, true),
    ],
    packages: [plainPackage, { code: "ups_letter", name: "UPS Letter" }],
  },
  {
    name: "FedEx",
    code: "fedex",
    shippingProviderId: 150_761,
    display: "FedEx",
    services: [
      service("fedex_ground", "FedEx Ground®", 9.1, 0.05),
      service("fedex_home_delivery", "FedEx Home Delivery®", 9.6, 0.05),
      service("fedex_2day", "FedEx 2Day®", 18.2, 0.12),
      service("fedex_priority_overnight", "FedEx Priority Overnight®", 41.5, 0.3),
      service("fedex_international_economy", "FedEx International Economy®", 58.3, 0.5, true),
    ],
    packages: [plainPackage, { code: "fedex_pak", name: "FedEx Pak" }],
  },
  {
    name: "DHL Express",
    code: "dhl_express",
    shippingProviderId: 150_762,
    display: "DHL Express",
    services: [
      service("dhl_express_domestic", "DHL Express Domestic", 32, 0.2),
      service("dhl_express_worldwide", "DHL Express Worldwide", 54.5, 0.45, true),
    ],
    packages: [plainPackage],
  },
];

export const tags = [
  { tagId: 8362, name: "Backorder", color: "#800080" },
  { tagId: 8336, name: "Fragile", color: "#33CCCC" },
];
export const userId = "6f1f9a52-7b0e-4c58-9d0f-3c1f6a5e2b11";
export const users = [{ userId, userName: "shipping@sandbox.invalid", name: "Shipping Desk" }];
const marketplace = (name: string, marketplaceId: number, supports = { mappings: false, statuses: false }) => ({
  name,
  marketplaceId,
  canRefresh: marketplaceId !== 0,
  supportsCustomMappings: supports.mappings,
  supportsCustomStatuses: supports.statuses,
  canConfirmShipments: marketplaceId !== 0,
});
/** Some of those recorded (payloads: stores-marketplaces-2021). */
export const marketplaces = [
  marketplace("Acumatica", 115, { mappings: false, statuses: true }),
  marketplace("Amazon", 2, { mappings: true, statuses: false }),
  marketplace("ShipStation", 0),
  marketplace("Shopify", 14, { mappings: true, statuses: false }),
];

/** The store that orders go to when none is named: the first manual one. */
export const manualStoreId = 271_001;
export const webStoreId = 271_002;
export const shopifyStoreId = 271_003;
export const acumaticaStoreId = 271_115;
export const mainWarehouseId = 601_001;
export const eastWarehouseId = 601_002;

const origin = (name: string, street1: string, city: string, state: string, postalCode: string): BoundAddress => ({
  name,
  company: "Sandbox Trading Co.",
  street1,
  street2: null,
  street3: null,
  city,
  state,
  postalCode,
  country: "US",
  phone: "512-555-0100",
  residential: false,
});

/** Stores and ship-from locations of a new account. */
export function fillAccount(tables: ShipStationTables, now: number): void {
  const store = (storeId: number, storeName: string, marketplaceId = 0, marketplaceName = "ShipStation"): StoreRow => ({
    storeId,
    storeName,
    marketplaceId,
    marketplaceName,
    active: true,
    createdAt: now - 86_400_000,
    modifiedAt: now - 86_400_000,
  });
  for (const row of [
    store(manualStoreId, "Manual Orders"),
    store(webStoreId, "Web Orders"),
    store(shopifyStoreId, "Outlet Shop", 14, "Shopify"),
    store(acumaticaStoreId, "Acumatica", 115, "Acumatica"),
  ]) {
    tables.stores.set(row.storeId, row);
  }
  const main = origin("Main Warehouse", "4301 W Bank Dr", "Austin", "TX", "78746");
  const east = origin("East Warehouse", "55 Water St", "Albany", "NY", "12207");
  for (const [warehouseId, warehouseName, address] of [
    [mainWarehouseId, "Main Warehouse", main],
    [eastWarehouseId, "East Warehouse", east],
  ] as const) {
    tables.warehouses.set(warehouseId, {
      warehouseId,
      warehouseName,
      isDefault: warehouseId === mainWarehouseId,
      createdAt: now - 86_400_000,
      deleted: false,
      origin: address,
    });
  }
}

export function findService(carrierCode: string, serviceCode: string): Carrier["services"][number] | undefined {
  return carriers.find(({ code }) => code === carrierCode)?.services.find(({ code }) => code === serviceCode);
}
