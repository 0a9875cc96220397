import { execFileSync } from "node:child_process";
import { parseArgs } from "node:util";
import { provePowerLoss } from "./proof.ts";

/**
 * `npm run power-loss -- --images N --seed S`: starts the embedded database on N disks as a power cut may leave them, and on a tenth
 * as many of a database without syncing, which must lose something. Exits 0 only then.
 */
const { values } = parseArgs({ options: { images: { type: "string" }, seed: { type: "string" } } });
const images = Number(values.images ?? "500");
const seed = Number(values.seed ?? "1");
const commit = execFileSync("git", ["rev-parse", "--short", "HEAD"], { encoding: "utf8" }).trim();
const startedAt = performance.now();
/** Then other work is recorded. */
const imagesPerRecording = 100;

let lost = 0;
for (let done = 0; done < images; done += imagesPerRecording) {
  const run = { images: Math.min(imagesPerRecording, images - done), seed: seed + done / imagesPerRecording };
  const { losses, commits, changes, syncs } = await provePowerLoss(run);
  lost += losses.length;
  for (const loss of losses) process.stdout.write(`LOST seed ${run.seed}, ${loss}\n`);
  process.stdout.write(
    `seed ${run.seed}: ${run.images} images of ${commits} commits, ${changes} changes of files, ${syncs} of them syncs; ${elapsed()}\n`,
  );
}
const bare = await provePowerLoss({ images: Math.max(10, Math.ceil(images / 10)), seed, withoutSync: true });
for (const loss of bare.losses.slice(0, 3)) process.stdout.write(`without syncing: ${loss}\n`);
process.stdout.write(
  `${images - lost} of ${images} power-loss images hold every acknowledged commit; without syncing ` +
    `${bare.losses.length} of ${bare.images} lost something; seed ${seed}, commit ${commit}, ${elapsed()}\n`,
);
process.exit(lost === 0 && bare.losses.length > 0 ? 0 : 1);

function elapsed(): string {
  return `${Math.round((performance.now() - startedAt) / 1000)} s`;
}
