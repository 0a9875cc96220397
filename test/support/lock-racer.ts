import { lockDataDirectory, type DirectoryLock } from "../../src/ledger/data-directory-lock.ts";

/** A process that locks a directory and lets go of it when told, and says what came of it. */
const [directory = ""] = process.argv.slice(2);
let lock: DirectoryLock | undefined;

process.on("message", (order) => {
  if (order === "release") {
    lock?.release();
    lock = undefined;
    process.send?.("released");
    return;
  }
  try {
    lock = lockDataDirectory(directory);
    process.send?.("locked");
  } catch (error) {
    process.send?.(String(error).includes("in use") ? "refused" : String(error));
  }
});
process.send?.("ready");
