/** Names that the service uses inside, as people say them. */

const proper: { [word: string]: string } = { acumatica: "Acumatica", shipstation: "ShipStation", erp: "ERP" };

/** `acumatica.orders` reads as `Acumatica orders`, `order.in-doubt` as `Order in doubt`. */
export function sayName(name: string): string {
  const words = name
    .split(/[._-]+/)
    .filter((word) => word !== "")
    .map((word) => proper[word] ?? word)
    .join(" ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}
