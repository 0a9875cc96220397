import type { ShipmentPlan } from "./shipments.ts";

/**
 * Our marks in the ERP, by which a shipment of ours is known again even when our ledger is lost (facts: a shipment has no
 * reference field of its own, acumatica 4.1): `SS<label id>` on the package, `[SS <label ids>]` in the description, and behind it
 * `[by <instance>]`, because another connector may work on the same ERP. Older marks have none.
 */
export const packageMark = (labelId: string): string => `SS${labelId}`;

/** Length of Shipment.Description. */
const descriptionLimit = 256;

/** A description that names the labels first, so that cutting it can only cost the note. Labels that find no room are counted. */
export function describeShipment(labelIds: readonly string[], note: string): string {
  const named: string[] = [];
  let length = "ShipStation [SS +99999] [by 123456]".length;
  for (const id of labelIds) {
    length += id.length + 1;
    if (length > descriptionLimit) break;
    named.push(id);
  }
  const rest = labelIds.length - named.length;
  if (rest > 0) named.push(`+${rest}`);
  const text = `ShipStation [SS ${named.join(" ")}]${note === "" ? "" : ` ${note}`}`;
  return text.length > descriptionLimit ? text.slice(0, descriptionLimit).trimEnd() : text;
}

/** The plan with the name of the instance that makes it in its description. */
export const signedBy = (plan: ShipmentPlan, instance: string): ShipmentPlan => ({
  ...plan,
  instance,
  description: plan.description
    .replace(/\[SS [^\]]*\]/, (mark) => `${mark} [by ${instance}]`)
    .slice(0, descriptionLimit)
    .trimEnd(),
});

/** Whose mark a description bears; undefined where it bears none, or one from before instances had names. */
export const signerOf = (description: string | undefined): string | undefined =>
  /\[SS [^\]]*\] \[by ([a-z0-9]+)\]/.exec(description ?? "")?.[1];

/** The label ids a description names; none when it bears no mark. */
export function markedLabels(description: string | undefined): string[] {
  const inside = /\[SS ([^\]]*)\]/.exec(description ?? "")?.[1] ?? "";
  return inside.split(/\s+/).filter((id) => id !== "" && !id.startsWith("+"));
}

/** Whether a package's reference is a mark of ours, and not a person's own reference. Ids start with S or F. */
export const isPackageMark = (mark: string | undefined): boolean => /^SS[SF]\d+$/.test(mark?.trim() ?? "");

/** All labels that hold goods of the plan. */
export const allLabelIds = (plan: ShipmentPlan): string[] => [...plan.labelIds, ...(plan.sharedLabelIds ?? [])];
