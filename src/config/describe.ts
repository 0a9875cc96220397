import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { environmentSchema, settingNote } from "./config.ts";

/** The pages made from the schema, by their path in the repository. `node src/config/describe.ts` writes them. */
export function configPages(): { path: string; text: string }[] {
  const settings = Object.keys(environmentSchema.shape).map((name) => {
    const note = settingNote(name);
    if (note === undefined) throw new Error(`${name} has no description`);
    return { name, ...note };
  });
  const example = settings.map(
    ({ name, description, whenAbsent, example }) =>
      [...wrap(description), `Not set: ${whenAbsent}.`].map((line) => `# ${line}\n`).join("") +
      `# ${name}=${example}\n`,
  );
  const docs = settings.map(({ name, description, whenAbsent, secret, example }) => {
    const facts = [
      `- Not set: ${whenAbsent}`,
      `- Example: \`${example}\``,
      ...(secret ? ["- Secret: never logged or shown"] : []),
    ];
    return `## ${name}\n\n${description}\n\n${facts.join("\n")}\n`;
  });
  return [
    {
      path: ".env.example",
      text: `# Every setting of ml-connector. None is needed to start. Made from src/config/config.ts.\n\n${example.join("\n")}`,
    },
    {
      path: "docs/config.md",
      text:
        "# Configuration\n\n" +
        "Everything is set by environment variables, and nothing has to be set to start. An unknown name that begins with `ML_` stops " +
        "the program, so that a misspelt setting is not silently ignored; an empty value counts as not set.\n\n" +
        "This page is made from `src/config/config.ts` by `node src/config/describe.ts`.\n\n" +
        docs.join("\n"),
    },
  ];
}

/** Comment lines of at most 100 characters. */
function wrap(text: string): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && line.length + 1 + word.length > 100) {
      lines.push(line);
      line = word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  return line === "" ? lines : [...lines, line];
}

if (import.meta.main) {
  for (const { path, text } of configPages())
    writeFileSync(fileURLToPath(new URL(`../../${path}`, import.meta.url)), text);
}
