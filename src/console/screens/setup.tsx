import { Button, PasswordInput, Stack, Text, TextInput } from "@mantine/core";
import { useDocumentTitle } from "@mantine/hooks";
import { type SubmitEvent, useState } from "react";
import { useAction } from "../actions.ts";
import { Failure } from "../parts/messages.tsx";
import { request } from "../request.ts";
import { Entrance } from "./entrance.tsx";

const shortestPassword = 10;

/** The first user. The token proves that the visitor can read what the service printed at its first start. */
export function Setup() {
  useDocumentTitle("First user · ml-connector");
  const [form, setForm] = useState({ token: "", name: "", email: "", password: "" });
  const field = (name: keyof typeof form) => ({
    name,
    required: true,
    value: form[name],
    onChange: (event: { currentTarget: { value: string } }) => {
      const { value } = event.currentTarget;
      setForm((before) => ({ ...before, [name]: value }));
    },
  });
  const setup = useAction({
    run: async () => {
      const first = { ...form, token: form.token.trim(), email: form.email.trim() };
      await request("POST", "/api/v1/setup", first);
      await request("POST", "/api/auth/sign-in/email", { email: first.email, password: first.password });
    },
    quiet: true,
  });
  const submit = (event: SubmitEvent<HTMLFormElement>): void => {
    event.preventDefault();
    setup.mutate();
  };
  return (
    <Entrance title="Make the first user">
      <form onSubmit={submit} data-testid="setup">
        <Stack gap="sm">
          <Text size="sm" c="dimmed">
            Nobody can sign in yet. The service printed a one-time token when it started; it proves that this is your
            installation.
          </Text>
          <TextInput label="One-time token" autoComplete="off" autoFocus {...field("token")} />
          <TextInput label="Your name" autoComplete="name" {...field("name")} />
          <TextInput label="E-mail" type="email" autoComplete="username" {...field("email")} />
          <PasswordInput
            label="Password"
            description={`At least ${shortestPassword} characters.`}
            autoComplete="new-password"
            minLength={shortestPassword}
            {...field("password")}
          />
          {setup.error && <Failure error={setup.error} />}
          <Button type="submit" size="sm" fullWidth loading={setup.isPending}>
            Make the user and sign in
          </Button>
        </Stack>
      </form>
    </Entrance>
  );
}
