import { describe, expect, test } from "vitest";
import { ConfigError, describeConfig, loadConfig } from "./config.ts";

function problemsOf(env: Record<string, string>): readonly { field: string; found: string; cure: string }[] {
  try {
    loadConfig(env);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

describe("loadConfig", () => {
  test("an empty environment is enough", () => {
    expect(loadConfig({ PATH: "/usr/bin", ML_PUBLIC_URL: " " })).toEqual({
      port: 4400,
      host: "127.0.0.1",
      minFreeMb: 200,
      publicUrl: undefined,
      dataDir: ".ml-data",
      databaseUrl: undefined,
      masterKey: undefined,
      masterKeyFile: undefined,
      allowedOrigins: [],
      logLevel: "info",
      apiUrl: "http://127.0.0.1:4400",
      apiToken: undefined,
    });
  });

  test("the commands find the service at its port unless told otherwise", () => {
    expect(loadConfig({ ML_PORT: "8080" }).apiUrl).toBe("http://127.0.0.1:8080");
    expect(loadConfig({ ML_API_URL: "https://connector.example.com/" }).apiUrl).toBe("https://connector.example.com");
  });

  test("allowed origins are separated by commas or blanks and lose a closing slash", () => {
    expect(
      loadConfig({ ML_ALLOWED_ORIGINS: "http://127.0.0.1:4501, https://ERP.corp.example/" }).allowedOrigins,
    ).toEqual(["http://127.0.0.1:4501", "https://erp.corp.example"]);
  });

  test.for([
    { name: "an unknown name", env: { ML_PROT: "1" }, field: "ML_PROT", cure: /no such setting/ },
    { name: "a port that is a word", env: { ML_PORT: "http" }, field: "ML_PORT", cure: /whole number/ },
    { name: "a port too high", env: { ML_PORT: "65536" }, field: "ML_PORT", cure: /from 1 to 65535/ },
    { name: "a port that nobody could be told", env: { ML_PORT: "0" }, field: "ML_PORT", cure: /from 1 to 65535/ },
    {
      name: "a public URL without a protocol",
      env: { ML_PUBLIC_URL: "me.example" },
      field: "ML_PUBLIC_URL",
      cure: /https/,
    },
    { name: "another database", env: { DATABASE_URL: "mysql://x/y" }, field: "DATABASE_URL", cure: /postgres/ },
    { name: "an unknown log level", env: { ML_LOG_LEVEL: "loud" }, field: "ML_LOG_LEVEL", cure: /debug, info/ },
    {
      name: "an origin with a path",
      env: { ML_ALLOWED_ORIGINS: "https://a.example/x" },
      field: "ML_ALLOWED_ORIGINS",
      cure: /no path/,
    },
    {
      name: "an origin with a user",
      env: { ML_ALLOWED_ORIGINS: "https://u@a.example" },
      field: "ML_ALLOWED_ORIGINS",
      cure: /origin/,
    },
    { name: "a wildcard origin", env: { ML_ALLOWED_ORIGINS: "*" }, field: "ML_ALLOWED_ORIGINS", cure: /origin/ },
    { name: "a short token", env: { ML_API_TOKEN: "short" }, field: "ML_API_TOKEN", cure: /32/ },
    {
      name: "two master keys",
      env: { ML_MASTER_KEY: "a", ML_MASTER_KEY_FILE: "b" },
      field: "ML_MASTER_KEY_FILE",
      cure: /not both/,
    },
  ])("$name is refused with its cure", ({ env, field, cure }) => {
    const problems = problemsOf(env);
    expect(problems.map((problem) => problem.field)).toEqual([field]);
    expect(problems[0]?.cure).toMatch(cure);
  });

  test("all problems are told at once", () => {
    expect(problemsOf({ ML_PORT: "x", ML_LOG_LEVEL: "y", ML_A: "1", ML_B: "2" })).toHaveLength(4);
  });

  test("a refused secret is not echoed", () => {
    const [problem] = problemsOf({ ML_API_TOKEN: "hunter2" });
    expect(JSON.stringify(problem)).not.toContain("hunter2");
    expect(() => loadConfig({ DATABASE_URL: "mysql://u:hunter2@h/d" })).toThrow(/\*\*\*/);
  });
});

describe("describeConfig", () => {
  test("secrets are reduced to whether they are set", () => {
    const config = loadConfig({
      DATABASE_URL: "postgres://u:canary-1@h/d",
      ML_MASTER_KEY: "canary-2",
      ML_API_TOKEN: `canary-3-${"x".repeat(32)}`,
    });
    const described = describeConfig(config);
    expect(JSON.stringify(described)).not.toContain("canary");
    expect(described).toMatchObject({
      DATABASE_URL: "yes",
      ML_MASTER_KEY: "yes",
      ML_API_TOKEN: "yes",
      ML_PORT: "4400",
    });
    expect(describeConfig(loadConfig({}))).toMatchObject({
      DATABASE_URL: "no",
      ML_MASTER_KEY: "no",
      ML_API_TOKEN: "no",
    });
  });
});
