/** Word lists for an invented company that sells outdoor and workshop goods. No name here belongs to a real person. */

export const materials = ["Steel", "Oak", "Canvas", "Copper", "Bamboo", "Nylon", "Cedar", "Brass", "Wool", "Enamel"];

export const goods: readonly { noun: string; code: string; pounds: number; price: number; tariff: string }[] = [
  { noun: "Lantern", code: "LAN", pounds: 2.4, price: 34.5, tariff: "9405.50.4000" },
  { noun: "Camp Kettle", code: "KET", pounds: 1.8, price: 27.9, tariff: "7323.93.0060" },
  { noun: "Folding Stool", code: "STO", pounds: 6.2, price: 49, tariff: "9401.79.0015" },
  { noun: "Garden Trowel", code: "TRO", pounds: 0.9, price: 14.25, tariff: "8201.10.0000" },
  { noun: "Tool Roll", code: "ROL", pounds: 1.1, price: 22, tariff: "4202.92.9100" },
  { noun: "Hand Plane", code: "PLA", pounds: 3.3, price: 64.75, tariff: "8205.30.3000" },
  { noun: "Rope 10 m", code: "ROP", pounds: 2, price: 18.4, tariff: "5607.50.4000" },
  { noun: "Cutting Board", code: "CUT", pounds: 2.7, price: 31.6, tariff: "4419.90.9140" },
  { noun: "Bird Feeder", code: "FEE", pounds: 1.6, price: 24.95, tariff: "4421.99.9880" },
  { noun: "Blanket", code: "BLA", pounds: 3.9, price: 58, tariff: "6301.20.0010" },
  { noun: "Bucket 12 l", code: "BUC", pounds: 2.2, price: 19.8, tariff: "7323.99.9080" },
  { noun: "Workshop Apron", code: "APR", pounds: 1.3, price: 36.2, tariff: "6211.43.1091" },
  { noun: "Seed Box", code: "SEE", pounds: 0.6, price: 11.5, tariff: "4420.90.8000" },
  { noun: "Mug", code: "MUG", pounds: 0.8, price: 9.95, tariff: "7323.94.0080" },
  { noun: "Wall Hook", code: "HOO", pounds: 0.3, price: 4.6, tariff: "8302.50.0000" },
  { noun: "Broom", code: "BRO", pounds: 1.9, price: 16.7, tariff: "9603.10.9000" },
  { noun: "Plant Pot", code: "POT", pounds: 2.5, price: 13.3, tariff: "7323.99.7000" },
  { noun: "Axe Sheath", code: "AXE", pounds: 0.4, price: 15.9, tariff: "4205.00.8000" },
  { noun: "Picnic Set", code: "PIC", pounds: 7.4, price: 89, tariff: "4602.19.1800" },
  { noun: "Door Bell", code: "BEL", pounds: 1.2, price: 28.8, tariff: "8306.10.0000" },
];

export const origins = ["US", "CN", "DE", "VN", "MX", "SE", "IN"];

export const businessStems = [
  "Harbour Lane",
  "Birchwood",
  "Copperfield",
  "Northgate",
  "Millstone",
  "Old Orchard",
  "Silver Creek",
  "Two Rivers",
  "Lindenhof",
  "Blå Fjell",
  "Château Vert",
  "Grüne Straße",
  "Kauri Point",
  "Red Gum",
  "Señal Norte",
  "Øresund",
  "Maple & Pine",
  "Stonebridge",
  "Żółty Dom",
  "Casa Azul",
];

export const businessKinds = ["Outfitters", "Supply", "Garden Centre", "Hardware", "Trading", "Home Goods", "Workshop"];

export interface Place {
  country: string;
  city: string;
  state: string;
  postalCode: string;
  streets: readonly string[];
  phonePrefix: string;
}

export const places: readonly Place[] = [
  {
    country: "US",
    city: "Kirkland",
    state: "WA",
    postalCode: "98033",
    streets: ["Lakeview Avenue", "Market Street"],
    phonePrefix: "+1 425-555-0",
  },
  {
    country: "US",
    city: "Columbus",
    state: "OH",
    postalCode: "43215",
    streets: ["Front Street", "Spruce Street"],
    phonePrefix: "+1 614-555-0",
  },
  {
    country: "US",
    city: "Austin",
    state: "TX",
    postalCode: "78701",
    streets: ["Cypress Drive", "Trinity Street"],
    phonePrefix: "+1 512-555-0",
  },
  {
    country: "US",
    city: "Savannah",
    state: "GA",
    postalCode: "31401",
    streets: ["Bay Street", "Abercorn Lane"],
    phonePrefix: "+1 912-555-0",
  },
  {
    country: "CA",
    city: "Québec",
    state: "QC",
    postalCode: "G1R 4S9",
    streets: ["Rue des Érables", "Côte du Moulin"],
    phonePrefix: "+1 418-555-0",
  },
  {
    country: "CA",
    city: "Victoria",
    state: "BC",
    postalCode: "V8W 1P6",
    streets: ["Wharf Street", "Fisgard Street"],
    phonePrefix: "+1 250-555-0",
  },
  {
    country: "GB",
    city: "York",
    state: "",
    postalCode: "YO1 7HH",
    streets: ["Minster Yard", "Fossgate"],
    phonePrefix: "+44 1904 555 0",
  },
  {
    country: "GB",
    city: "Bath",
    state: "",
    postalCode: "BA1 1LZ",
    streets: ["Stall Street", "Pulteney Road"],
    phonePrefix: "+44 1225 555 0",
  },
  {
    country: "DE",
    city: "Köln",
    state: "NW",
    postalCode: "50667",
    streets: ["Mühlengasse", "Alte Straße"],
    phonePrefix: "+49 221 555 0",
  },
  {
    country: "DE",
    city: "München",
    state: "BY",
    postalCode: "80331",
    streets: ["Rosental", "Färbergraben"],
    phonePrefix: "+49 89 555 0",
  },
  {
    country: "FR",
    city: "Nîmes",
    state: "",
    postalCode: "30000",
    streets: ["Rue de l'Étoile", "Quai de la Fontaine"],
    phonePrefix: "+33 4 66 55 50 ",
  },
  {
    country: "AU",
    city: "Hobart",
    state: "TAS",
    postalCode: "7000",
    streets: ["Salamanca Place", "Davey Street"],
    phonePrefix: "+61 3 5550 0",
  },
  {
    country: "AU",
    city: "Perth",
    state: "WA",
    postalCode: "6000",
    streets: ["Barrack Street", "Swan Parade"],
    phonePrefix: "+61 8 5550 0",
  },
  {
    country: "NZ",
    city: "Nelson",
    state: "",
    postalCode: "7010",
    streets: ["Trafalgar Street", "Haven Road"],
    phonePrefix: "+64 3 555 0",
  },
  {
    country: "NO",
    city: "Tromsø",
    state: "",
    postalCode: "9008",
    streets: ["Storgata", "Sjøgata"],
    phonePrefix: "+47 77 55 50 ",
  },
];
