import { openEmbeddedDatabase } from "../../src/ledger/embedded.ts";
import { filePorts } from "../../src/ledger/durable-files.ts";
import { fsyncSync } from "node:fs";

/**
 * `node write-until-broken.ts <directory> [<syncs>]`: commits rows and prints the number of each that was acknowledged, until the disk
 * fails: by itself, or because every sync after that many is an input/output error.
 */
const [directory = "", syncs] = process.argv.slice(2);
let left = syncs === undefined ? Infinity : Number(syncs);
const { pg } = await openEmbeddedDatabase(directory, {
  ...filePorts,
  sync: (descriptor) => {
    if (left-- <= 0) throw Object.assign(new Error("EIO: i/o error, fsync"), { code: "EIO" });
    fsyncSync(descriptor);
  },
});
await pg.exec("create table if not exists kept (number int primary key, padding text)");
for (let number = 1; number <= 100_000; number += 1) {
  await pg.query(
    "insert into kept select $1::int, string_agg(md5(n::text || $1::int), '') from generate_series(1, 2000) n",
    [number],
  );
  process.stdout.write(`${number}\n`);
}
