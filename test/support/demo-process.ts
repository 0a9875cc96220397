import { freePort, startProgram, until, type Program } from "./processes.ts";

/** `npm run demo` as a visitor has it before his eyes: where it is and how to sign in, read off the terminal. */
export interface DemoProcess {
  program: Program;
  address: string;
  email: string;
  password: string;
}

/** The sandboxes' ports follow from the service's. */
const highestPort = 65_433;

/** Started, and answering at the address it printed. The console is built first if it has to be. */
export async function startDemo(options: readonly string[]): Promise<DemoProcess> {
  let port = await freePort();
  while (port > highestPort) port = await freePort();
  const program = startProgram(["demo", "--port", String(port), ...options]);
  const printed = (): Promise<RegExpExecArray | null> =>
    Promise.resolve(/Console +(http:\S+)\s+Sign in +(\S+) +(\S+)/.exec(program.output()));
  const [, address = "", email = "", password = ""] = await until(
    "the demo to print its address and sign-in",
    async () => (await printed()) ?? undefined,
    { withinMs: 90_000, needs: [program] },
  );
  return { program, address, email, password };
}
