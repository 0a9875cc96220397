/** Those of the simulation's planted bugs (`../simulation/planted.ts`) that two workers, one order and a slow ERP can show, by name. */
export const bugsToFind = [
  "what was dispatched before a crash is forgotten",
  "nothing is stored before it is sent",
  "a package is appended again on every try",
  "a time-out counts as not carried out",
  "no quarantine: what is not seen at once counts as not done",
  "no fence on records",
] as const;
