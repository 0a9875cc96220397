import { describe, expect, test } from "vitest";
import { asConnectorError, ConnectorError } from "./errors.ts";

const coded = (code: string): Error => Object.assign(new Error("the server says no"), { code });

describe("what is thrown", () => {
  test.for(["08006", "53100", "53300", "57P01", "57P03", "57014", "58030", "40001", "40P01", "55P03", "ECONNREFUSED"])(
    "%s means that the database cannot be reached now, and no record is to blame",
    (code) => {
      expect(asConnectorError(coded(code))).toMatchObject({ code: "database.unavailable", disposition: "wait" });
    },
  );

  test("a connection that broke off in the middle has no code, and means the same", () => {
    const { code } = asConnectorError(new Error("Connection terminated unexpectedly"));
    expect(code).toBe("database.unavailable");
  });

  test("a server whose disk is full is said to be full, whatever its own text; also in the plain objects that the engine tells", () => {
    const thrown = Object.assign(new Error("could not write init file"), { code: "53100" });
    const message = "The database's disk is full: could not write init file";
    expect(asConnectorError(thrown)).toMatchObject({ code: "database.unavailable", message });
    expect(asConnectorError({ code: thrown.code, message: thrown.message })).toMatchObject({ message });
    expect(asConnectorError({ told: 1 }).message).toBe('Unexpected: {"told":1}');
  });

  test.for(["23505", "42P01", "22P02", ""])("SQLSTATE %s is a defect of ours", (code) => {
    expect(asConnectorError(coded(code))).toMatchObject({ code: "internal.defect", disposition: "defect" });
  });

  test("an error of ours stays what it is", () => {
    const error = new ConnectorError("claim.lost");
    expect(asConnectorError(error)).toBe(error);
  });
});
