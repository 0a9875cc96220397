import js from "@eslint/js";
import tseslint from "typescript-eslint";

const ambient = [
  { object: "Date", property: "now", message: "Time is a port: take a Clock." },
  { object: "Math", property: "random", message: "Randomness is a port: take a Random." },
];

export default tseslint.config(
  { ignores: ["dist/**", "node_modules/**", ".ml-data/**", "**/*.cjs"] },
  js.configs.recommended,
  ...tseslint.configs.strictTypeChecked,
  {
    languageOptions: {
      parserOptions: {
        projectService: { allowDefaultProject: ["eslint.config.js"] },
        tsconfigRootDir: import.meta.dirname,
      },
    },
    rules: {
      "max-lines": ["error", { max: 400, skipBlankLines: true, skipComments: true }],
      "no-console": "error",
      "@typescript-eslint/switch-exhaustiveness-check": ["error", { considerDefaultExhaustiveForUnions: true }],
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_", varsIgnorePattern: "^_" }],
      "@typescript-eslint/consistent-type-imports": "error",
      "@typescript-eslint/no-confusing-void-expression": ["error", { ignoreArrowShorthand: true }],
      "@typescript-eslint/no-invalid-void-type": "off",
    },
  },
  {
    files: ["src/**"],
    ignores: ["src/lib/**", "src/cli/**", "src/console/**", "**/*.test.ts"],
    rules: { "no-restricted-properties": ["error", ...ambient] },
  },
  { files: ["src/cli/**", "bench/**", "test/**"], rules: { "no-console": "off" } },
  {
    files: ["**/*.test.ts", "test/**"],
    rules: {
      "max-lines": "off",
      "@typescript-eslint/no-non-null-assertion": "off",
      "@typescript-eslint/no-unsafe-assignment": "off",
      "@typescript-eslint/no-unsafe-member-access": "off",
    },
  },
  { files: ["eslint.config.js", "*.js"], extends: [tseslint.configs.disableTypeChecked] },
);
