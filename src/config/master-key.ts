import { createSecretKey, type KeyObject } from "node:crypto";
import { mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join, resolve, sep } from "node:path";
import type { Random } from "../lib/random.ts";
import { ConfigError, type Config } from "./config.ts";

const keyBytes = 32;

export interface MasterKey {
  key: KeyObject;
  /** What an operator should read at start: that a key was made and must be kept, or that its file is open to others. */
  notices: readonly string[];
}

/**
 * The key that seals every stored credential: from ML_MASTER_KEY, ML_MASTER_KEY_FILE, or, with the embedded database, a file
 * made at the first start. It never lies inside the database's directory, so a dump of the database cannot carry it
 * (failures T7). Throws ConfigError when it is missing with DATABASE_URL, has the wrong length, or lies in the database.
 */
export function loadMasterKey(
  config: Pick<Config, "dataDir" | "databaseUrl" | "masterKey" | "masterKeyFile">,
  random: Random,
): MasterKey {
  if (config.masterKey !== undefined) return { key: parseKey("ML_MASTER_KEY", config.masterKey), notices: [] };
  if (config.masterKeyFile === undefined && config.databaseUrl !== undefined) {
    throw refuse(
      "ML_MASTER_KEY",
      "",
      "With DATABASE_URL the master key must be given: set ML_MASTER_KEY or ML_MASTER_KEY_FILE (openssl rand -base64 32).",
    );
  }
  const file = resolve(config.masterKeyFile ?? join(config.dataDir, "keys", "master.key"));
  const database = resolve(config.dataDir, "database");
  if (file === database || file.startsWith(database + sep)) {
    throw refuse(
      "ML_MASTER_KEY_FILE",
      file,
      "The key must not lie inside the database's own directory; move it elsewhere.",
    );
  }
  const stored = readIfThere(file);
  if (stored !== undefined) return { key: parseKey(file, stored), notices: openToOthers(file) };
  if (config.databaseUrl !== undefined) throw refuse("ML_MASTER_KEY_FILE", file, "There is no such file.");
  return makeKey(file, random);
}

function makeKey(file: string, random: Random): MasterKey {
  const bytes = Buffer.from(random.bytes(keyBytes));
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  // "wx": a key that another process has just made is never overwritten, or its secrets would be lost.
  writeFileSync(file, `${bytes.toString("base64")}\n`, { flag: "wx", mode: 0o600 });
  const key = createSecretKey(bytes);
  bytes.fill(0);
  return {
    key,
    notices: [
      `Made a master key in ${file}. Keep a copy of it apart from the database's backups: without it the stored credentials cannot be opened.`,
    ],
  };
}

function parseKey(field: string, text: string): KeyObject {
  const trimmed = text.trim();
  const isHex = /^[0-9a-f]+$/i.test(trimmed) && trimmed.length === keyBytes * 2;
  const bytes = isHex ? Buffer.from(trimmed, "hex") : Buffer.from(trimmed, "base64");
  if (bytes.length !== keyBytes || (!isHex && !/^[A-Za-z0-9+/_-]+={0,2}$/.test(trimmed))) {
    throw refuse(
      field,
      "***",
      "A master key is 32 bytes, in base64 or as 64 hexadecimal digits (openssl rand -base64 32).",
    );
  }
  const key = createSecretKey(bytes);
  bytes.fill(0);
  return key;
}

function openToOthers(file: string): string[] {
  if (process.platform === "win32" || (statSync(file).mode & 0o077) === 0) return [];
  return [`The master key file ${file} can be read by others than its owner; make it private (chmod 600).`];
}

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw refuse(
      "ML_MASTER_KEY_FILE",
      file,
      `The file cannot be read (${(error as NodeJS.ErrnoException).code ?? "unknown"}).`,
    );
  }
}

const refuse = (field: string, found: string, cure: string): ConfigError => new ConfigError([{ field, found, cure }]);
