import { runClientCommand, UsageError } from "./client-command.ts";
import { processTerminal, type Terminal } from "./terminal.ts";
import { writeWholeFile } from "../lib/whole-file.ts";

const help = `
ml-connector label pdf ID LABEL --out FILE    the label as PDF, into FILE; such as: label pdf acme S87654321 --out label.pdf

  --json    answer in JSON

ID is the connection, LABEL the key of the label's record. It comes from ShipStation's V2: the connection needs a key for that.
`.trimStart();

/** `label`: its PDF. */
export function runLabel(argv: string[], terminal: Terminal = processTerminal): Promise<number> {
  return runClientCommand(argv, terminal, {
    help,
    options: { out: { type: "string" } },
    run: async ({ values: { out }, words, api }) => {
      const [verb, connection, label, ...more] = words;
      if (verb !== "pdf" || connection === undefined || label === undefined || more.length > 0)
        throw new UsageError("Say pdf, and name the connection and the label.");
      if (!/^S[0-9]{1,16}$/.test(label)) throw new UsageError(`"${label}" is no label; they look like S87654321.`);
      if (out === undefined) throw new UsageError("Say where to: --out FILE.");
      const path = `/connections/${encodeURIComponent(connection)}/labels/${label}/pdf`;
      const bytes = await api.getFile(path, "application/pdf");
      await writeWholeFile(out, (append) => {
        append(bytes);
        return Promise.resolve();
      });
      return {
        json: { out, bytes: bytes.byteLength },
        lines: [`${bytes.byteLength} bytes written to ${out}.`],
        good: true,
      };
    },
  });
}
