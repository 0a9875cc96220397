import type { SecretName } from "./file-schema.ts";
import type { Place } from "./sealing.ts";
import type { ConnectionSettings } from "./settings.ts";

/** What is sealed about Acumatica's tokens and session; they are made, not entered. */
export type TokenName = "refreshToken" | "accessToken" | "session";

/** Each secret is bound to the address it is for: whoever changes the address cannot have it sent there (failures T3). */
export function secretPlace(
  { id, settings }: { id: string; settings: ConnectionSettings },
  name: SecretName | TokenName,
): Place {
  const { instanceUrl } = settings.acumatica;
  const { origin, v2 } = settings.shipstation;
  const place = (field: string, address: string): Place => ({ connectionId: id, field, address });
  switch (name) {
    case "password":
    case "clientSecret":
    case "refreshToken":
    case "accessToken":
    case "session":
      return place(`acumatica.${name}`, instanceUrl);
    case "apiKey":
    case "apiSecret":
      return place(`shipstation.${name}`, origin);
    case "v2ApiKey":
      return place(`shipstation.${name}`, v2?.origin ?? "");
  }
}

export const hookPlace = (id: string): Place => ({ connectionId: id, field: "hook.token", address: "" });
