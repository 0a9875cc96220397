import { createCipheriv, createDecipheriv, hkdfSync, type KeyObject } from "node:crypto";
import { ConnectorError } from "../lib/errors.ts";
import type { Random } from "../lib/random.ts";

/**
 * AES-256-GCM from node:crypto, and the bytes it is kept in (failures 2.4):
 * `version(1) | kekId(2) | dekId(4) | nonce(12) | ciphertext | tag(16)`, as base64url text.
 */
const version = 1;
const headerBytes = 7;
const nonceBytes = 12;
const tagBytes = 16;
const keyBytes = 32;
const algorithm = "aes-256-gcm";

/** Raised with the meaning of any sealed field, so that an old blob is never read as something else. */
const schemaVersion = "1";

/** Where a secret belongs. Opened anywhere else, it does not open. */
export interface Place {
  connectionId: string;
  field: string;
  /** The address that the secret may be sent to: a changed address cannot decrypt (failures T3). */
  address: string;
}

/** Which keys a blob was sealed with. */
export interface KeyIds {
  kekId: number;
  dekId: number;
}

/**
 * A key for one purpose. Nothing uses the master key itself, and no two uses share a key. HKDF-SHA-256.
 * Purposes in use: `wrap-data-keys`, `key-check`, `key-id`; others are free for callers, such as a session secret.
 */
export function deriveKey(master: KeyObject, purpose: string, length = keyBytes): Buffer {
  return Buffer.from(hkdfSync("sha256", master, "", `ml-connector/${purpose}/v1`, length));
}

/** Parts are length-prefixed, so that no two different places ever give the same bytes. */
function boundTo({ connectionId, field, address }: Place, { kekId, dekId }: KeyIds): Buffer {
  const parts = [connectionId, field, address, String(kekId), String(dekId), schemaVersion];
  return Buffer.concat(
    parts.flatMap((part) => {
      const bytes = Buffer.from(part, "utf8");
      const length = Buffer.alloc(4);
      length.writeUInt32BE(bytes.length);
      return [length, bytes];
    }),
  );
}

/** Random nonces: fewer than 2^32 messages may ever be sealed with one key. */
export function seal(key: KeyObject, ids: KeyIds, place: Place, plaintext: Uint8Array, random: Random): string {
  const nonce = Buffer.from(random.bytes(nonceBytes));
  const cipher = createCipheriv(algorithm, key, nonce, { authTagLength: tagBytes });
  cipher.setAAD(boundTo(place, ids));
  const header = Buffer.alloc(headerBytes);
  header.writeUInt8(version, 0);
  header.writeUInt16BE(ids.kekId, 1);
  header.writeUInt32BE(ids.dekId, 3);
  const ciphertext = Buffer.concat([cipher.update(plaintext), cipher.final()]);
  return Buffer.concat([header, nonce, ciphertext, cipher.getAuthTag()]).toString("base64url");
}

/** The ids in a blob's header. Throws ConnectorError `connection.secret-unreadable`. */
export function keyIdsOf(sealed: string): KeyIds {
  const blob = Buffer.from(sealed, "base64url");
  if (blob.length < headerBytes + nonceBytes + tagBytes || blob.readUInt8(0) !== version) throw unreadable();
  return { kekId: blob.readUInt16BE(1), dekId: blob.readUInt32BE(3) };
}

/** Throws ConnectorError `connection.secret-unreadable` for another key, another place, or any altered byte. */
export function open(key: KeyObject, place: Place, sealed: string): Buffer {
  const ids = keyIdsOf(sealed);
  const blob = Buffer.from(sealed, "base64url");
  const bodyAt = headerBytes + nonceBytes;
  // Without a fixed tag length, Node accepts a tag cut down to four bytes (failures F11).
  const decipher = createDecipheriv(algorithm, key, blob.subarray(headerBytes, bodyAt), { authTagLength: tagBytes });
  decipher.setAAD(boundTo(place, ids));
  decipher.setAuthTag(blob.subarray(-tagBytes));
  try {
    return Buffer.concat([decipher.update(blob.subarray(bodyAt, -tagBytes)), decipher.final()]);
  } catch (cause) {
    throw unreadable(cause);
  }
}

export const unreadable = (cause?: unknown): ConnectorError =>
  new ConnectorError("connection.secret-unreadable", { cause });
