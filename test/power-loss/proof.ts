import { cpSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PGlite } from "@electric-sql/pglite";
import { embeddedLedger, migrate } from "../../src/ledger/database.ts";
import { DurableFiles, filePorts, type FileChange } from "../../src/ledger/durable-files.ts";
import { openEmbeddedDatabase } from "../../src/ledger/embedded.ts";
import { createSeededRandom, type Random } from "../../src/lib/random.ts";
import { Examiner } from "./examiner.ts";
import { SimulatedDisk } from "./simulated-disk.ts";
import { digest, ledgerWork, makeConnection } from "./workload.ts";

export interface ProofOptions {
  images: number;
  seed: number;
  /** As PGlite is by itself: then the proof must find losses, or it proves nothing. */
  withoutSync?: boolean;
}

export interface ProofResult {
  images: number;
  /** Images that lost or broke something, with what it was. */
  losses: string[];
  commits: number;
  changes: number;
  syncs: number;
}

/** What the ledger held when a commit was acknowledged, and how many file changes had been made by then. */
interface Acknowledged {
  changes: number;
  digest: string;
}

const commitsRecorded = 150;
const checkpointEvery = 40;
/** The log goes on in a new file: made, filled, renamed into its place. */
const newLogFileEvery = 25;

/**
 * Records every change that a database makes to its files while it works; then, for many moments of that work, writes what a power
 * cut at that moment may leave, starts the service's own database on it, and compares what it holds with what was acknowledged.
 */
export async function provePowerLoss(options: ProofOptions): Promise<ProofResult> {
  // In memory where there is such a place: what is proven here is what reaches the disk, not the disk.
  const folder = mkdtempSync(join(existsSync("/dev/shm") ? "/dev/shm" : tmpdir(), "ml-power-loss-"));
  const examiner = new Examiner();
  try {
    const random = createSeededRandom(options.seed);
    const recorded = await record(folder, random, options.withoutSync === true);
    const { base, changes, acknowledged } = recorded;
    const disk = new SimulatedDisk(base);
    rmSync(base, { recursive: true });
    const digests = acknowledged.map((one) => one.digest);
    const losses: string[] = [];
    let applied = 0;
    for (const [image, moment] of chooseMoments(recorded, options.images, random).entries()) {
      for (; applied < moment; applied += 1) disk.apply(changes[applied] as FileChange);
      const directory = join(folder, "image");
      disk.writeImage(join(directory, "database"), random);
      const last = acknowledged.findLastIndex(({ changes: by }) => by <= moment);
      const found = await examiner.examine({ directory, last, digests });
      if (found !== undefined) losses.push(`image ${image} (after change ${moment}): ${found}`);
      rmSync(directory, { recursive: true });
    }
    const syncs = changes.filter(({ kind }) => kind === "sync").length;
    return { images: options.images, losses, commits: acknowledged.length, changes: changes.length, syncs };
  } finally {
    await examiner.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

interface Recorded {
  /** The directory as it was, and durable, before the first change. */
  base: string;
  changes: FileChange[];
  acknowledged: Acknowledged[];
}

async function record(folder: string, random: Random, withoutSync: boolean): Promise<Recorded> {
  const place = join(folder, "database");
  const base = join(folder, "base");
  const changes: FileChange[] = [];
  const made = await openEmbeddedDatabase(place);
  await migrate(embeddedLedger(made.pg));
  await makeConnection(embeddedLedger(made.pg));
  await made.close();
  cpSync(place, base, { recursive: true });

  const ports = { ...filePorts, watch: (change: FileChange) => void changes.push(change) };
  const pg = withoutSync
    ? await PGlite.create({ dataDir: place, fs: new DurableFiles(place, ports) })
    : (await openEmbeddedDatabase(place, ports)).pg;
  const db = embeddedLedger(pg);
  const acknowledged: Acknowledged[] = [{ changes: 0, digest: await digest(db) }];
  for (const step of ledgerWork(random)) {
    await step(db);
    acknowledged.push({ changes: changes.length, digest: await digest(db) });
    if (acknowledged.length % checkpointEvery === 0) await pg.exec("checkpoint");
    if (acknowledged.length % newLogFileEvery === 0) await pg.query("select pg_switch_wal()");
    if (acknowledged.length > commitsRecorded) break;
  }
  await pg.close();
  rmSync(place, { recursive: true });
  return { base, changes, acknowledged };
}

/** In order: half of them anywhere, half just after a commit was acknowledged. */
function chooseMoments({ changes, acknowledged }: Recorded, images: number, random: Random): number[] {
  const moments = Array.from({ length: images }, (_, image) =>
    image % 2 === 0
      ? Math.floor(random.next() * (changes.length + 1))
      : (acknowledged[Math.floor(random.next() * acknowledged.length)]?.changes ?? 0),
  );
  return moments.toSorted((left, right) => left - right);
}
