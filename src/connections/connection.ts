import type { ErrorCode } from "../lib/error-table.ts";
import type { ConnectionSettings } from "./settings.ts";

/** One customer's pair. Its secrets are not in it. */
export interface Connection {
  id: string;
  name: string;
  /** `stopped`: by us, because only a person can mend what is wrong; `paused`: by a person. */
  state: "active" | "paused" | "stopped";
  stop: { code: ErrorCode; text: string } | undefined;
  settings: ConnectionSettings;
  /** Of the Acumatica user; undefined where a person's consent stands for one (`oauth-code`). */
  username: string | undefined;
  /** Goes up whenever an address or a credential changes: what was opened before must be opened again. */
  revision: number;
  createdAt: Date;
  /** When an older database took the place of the newer one: what was written just before is not remembered, and may still arrive. */
  restoredAt: Date | undefined;
  /** When its two systems were compared after that, by Acumatica's clock where it tells the time; by ours otherwise. */
  reconciledAt: Date | undefined;
}
