import { type CSSVariablesResolver, createTheme } from "@mantine/core";

/** Small sizes and system fonts: an operator reads many rows, and nothing is fetched from elsewhere. */
export const theme = createTheme({
  primaryColor: "indigo",
  defaultRadius: "md",
  cursorType: "pointer",
  respectReducedMotion: true,
  fontFamily: "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif",
  fontFamilyMonospace: "ui-monospace, SFMono-Regular, Menlo, Consolas, 'Liberation Mono', monospace",
  headings: { fontWeight: "600", sizes: { h1: { fontSize: "1.375rem" }, h2: { fontSize: "1.0625rem" } } },
  components: {
    Button: { defaultProps: { size: "xs" } },
    ActionIcon: { defaultProps: { variant: "subtle", color: "gray" } },
    Badge: { defaultProps: { variant: "light", radius: "sm", tt: "none" } },
    TextInput: { defaultProps: { size: "sm" } },
    PasswordInput: { defaultProps: { size: "sm" } },
    Select: { defaultProps: { size: "sm" } },
    Tooltip: { defaultProps: { withArrow: true, openDelay: 300 } },
  },
});

const colors = ["blue", "teal", "orange", "red", "gray", "grape", "yellow", "indigo"];

/** Softer tints than Mantine's own, with text dark enough (or bright enough) to be read on them. */
export const cssVariables: CSSVariablesResolver = () => ({
  variables: {},
  light: tints(10, 9),
  dark: tints(16, 3),
});

function tints(percent: number, textShade: number): { [name: string]: string } {
  return Object.fromEntries(
    colors.flatMap((color) => {
      const name = `--mantine-color-${color}`;
      return [
        [`${name}-light`, `color-mix(in srgb, var(${name}-6) ${percent}%, transparent)`],
        [`${name}-light-hover`, `color-mix(in srgb, var(${name}-6) ${percent + 6}%, transparent)`],
        [`${name}-light-color`, `var(${name}-${textShade})`],
        [`${name}-text`, `var(${name}-${textShade === 9 ? 8 : textShade})`],
      ];
    }),
  );
}
