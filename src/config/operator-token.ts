import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Random } from "../lib/random.ts";
import type { Config } from "./config.ts";

type TokenConfig = Pick<Config, "dataDir" | "apiToken">;

/** The file that the commands on this machine read the token from. */
export const operatorTokenFile = (config: TokenConfig): string => join(config.dataDir, "operator.token");

/** For the commands: ML_API_TOKEN, or what the service left in its file; undefined when there is neither. */
export function readOperatorToken(config: TokenConfig): string | undefined {
  if (config.apiToken !== undefined) return config.apiToken;
  try {
    const token = readFileSync(operatorTokenFile(config), "utf8").trim();
    return token === "" ? undefined : token;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

/** For the service: as above, and at the first start a new token of 256 bits in a file of mode 0600. */
export function ensureOperatorToken(config: TokenConfig, random: Random): string {
  const known = readOperatorToken(config);
  if (known !== undefined) return known;
  const token = Buffer.from(random.bytes(32)).toString("base64url");
  mkdirSync(config.dataDir, { recursive: true, mode: 0o700 });
  writeFileSync(operatorTokenFile(config), `${token}\n`, { mode: 0o600 });
  return token;
}
