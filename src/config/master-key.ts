import { createSecretKey, type KeyObject } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import { resolve, sep } from "node:path";
import type { Random } from "../lib/random.ts";
import { writeNewText } from "../lib/whole-file.ts";
import { ConfigError, type Config } from "./config.ts";

const keyBytes = 32;

type KeyConfig = Pick<Config, "dataDir" | "databaseUrl" | "masterKey" | "masterKeyFile">;

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
export function loadMasterKey(config: KeyConfig, random: Random): MasterKey {
  if (config.masterKey !== undefined) return { key: parseKey("ML_MASTER_KEY", config.masterKey), notices: [] };
  if (config.masterKeyFile === undefined && config.databaseUrl !== undefined) {
    throw refuse(
      "ML_MASTER_KEY",
      "",
      "With DATABASE_URL the master key must be given: set ML_MASTER_KEY or ML_MASTER_KEY_FILE (openssl rand -base64 32).",
    );
  }
  const file = keyFile(config, "ML_MASTER_KEY_FILE", config.masterKeyFile);
  const stored = readIfThere(file);
  if (stored !== undefined) return { key: parseKey(file, stored), notices: openToOthers(file) };
  if (config.databaseUrl !== undefined) throw refuse("ML_MASTER_KEY_FILE", file, "There is no such file.");
  return makeKey(file, random);
}

/** The key in use, and never a new one. Throws ConfigError when there is none. */
export function readMasterKey(config: KeyConfig): KeyObject {
  if (config.masterKey !== undefined) return parseKey("ML_MASTER_KEY", config.masterKey);
  return readKeyFile(config, "ML_MASTER_KEY_FILE", config.masterKeyFile);
}

/** The key in a file that is not in use yet; `field` is what an error calls it. Throws ConfigError. */
export function readKeyFile(config: KeyConfig, field: string, given: string | undefined): KeyObject {
  const file = keyFile(config, field, given);
  const stored = readIfThere(file);
  if (stored === undefined) throw refuse(field, file, "There is no such file.");
  return parseKey(file, stored);
}

/** Where the key lies when nothing else is said. */
export const defaultKeyFile = (config: Pick<Config, "dataDir">): string =>
  resolve(config.dataDir, "keys", "master.key");

function keyFile(config: Pick<Config, "dataDir">, field: string, given: string | undefined): string {
  const file = given === undefined ? defaultKeyFile(config) : resolve(given);
  const database = resolve(config.dataDir, "database");
  if (file === database || file.startsWith(database + sep)) {
    throw refuse(field, file, "The key must not lie inside the database's own directory; move it elsewhere.");
  }
  return file;
}

function makeKey(file: string, random: Random): MasterKey {
  const bytes = Buffer.from(random.bytes(keyBytes));
  // New: a key that another process has just made is never overwritten, or its secrets would be lost.
  writeNewText(file, `${bytes.toString("base64")}\n`);
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
