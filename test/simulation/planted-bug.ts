import type { FaultKind } from "./faults.ts";

/**
 * Bugs to be planted, so that it is known what the simulation finds. Each is a change of the source text as it is loaded; no file is
 * touched. A bug whose text is not there any more fails by itself, so that the list cannot rot.
 */
export interface PlantedBug {
  name: string;
  /** Under `src`. */
  file: string;
  find: string;
  put: string;
  /** Faults under which it shows; all seeds have exactly these. Mixed ones where it is absent. */
  faults?: readonly FaultKind[];
  /** Shows within a few seeds from 1; every run of CI looks. */
  isQuick?: true;
}
