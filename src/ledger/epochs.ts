import { readFileSync } from "node:fs";
import { join } from "node:path";
import { writeWholeText } from "../lib/whole-file.ts";
import type { Db } from "./schema.ts";

/** In the data directory, beside the database and outside of it. */
export const epochFile = "ledger.epoch";

interface Note {
  /** This data directory, among those of all processes on one database. */
  place: string;
  epoch: string;
}

/**
 * Whether the database is the one this data directory saw last, or an older copy that somebody put in its place: then it has
 * forgotten what was written to the two systems since. A directory or a database without a note is new: nothing can be told.
 */
export async function hasGoneBack(db: Db, directory: string): Promise<boolean> {
  const note = readNote(directory);
  if (!note) return false;
  const row = await rowOf(db, note);
  // The database is noted first, so that a crash between the two leaves the directory one behind.
  return row === undefined || (row.epoch !== note.epoch && row.previous !== note.epoch);
}

/** Notes a new epoch in both. Called often: only copies from before the last note can be told. */
export async function noteEpoch(db: Db, directory: string, now: Date, newId: () => string): Promise<void> {
  const known = readNote(directory);
  if (known) await catchUp(db, directory, known);
  const note = { place: known?.place ?? newId(), epoch: newId() };
  await db
    .insertInto("epochs")
    .values({ ...note, previous: null, noted_at: now })
    .onConflict((conflict) =>
      conflict.column("place").doUpdateSet((row) => ({
        epoch: note.epoch,
        // Of the row, not of the file: two processes that share the directory may note at the same time.
        previous: row.ref("epochs.epoch"),
        noted_at: now,
      })),
    )
    .execute();
  writeNote(directory, note);
}

/**
 * The note before this one may have reached the database alone: its answer was lost, or the directory had no room. The directory
 * follows first, so that it is never more than one behind.
 */
async function catchUp(db: Db, directory: string, known: Note): Promise<void> {
  const row = await rowOf(db, known);
  if (row?.previous === known.epoch) writeNote(directory, { place: known.place, epoch: row.epoch });
}

const rowOf = (db: Db, { place }: Note) =>
  db.selectFrom("epochs").selectAll().where("place", "=", place).executeTakeFirst();

const writeNote = (directory: string, note: Note): void =>
  writeWholeText(join(directory, epochFile), JSON.stringify(note));

function readNote(directory: string): Note | undefined {
  try {
    const { place, epoch } = JSON.parse(readFileSync(join(directory, epochFile), "utf8")) as Partial<Note>;
    return place === undefined || epoch === undefined ? undefined : { place, epoch };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}
