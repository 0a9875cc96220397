import { Button, PasswordInput, Stack, Text, TextInput } from "@mantine/core";
import { useDocumentTitle } from "@mantine/hooks";
import { type SubmitEvent, useState } from "react";
import { useAction } from "../actions.ts";
import type { About } from "../api.ts";
import { Failure } from "../parts/messages.tsx";
import { request } from "../request.ts";
import { Entrance } from "./entrance.tsx";

/** E-mail and password; the session lives in a cookie that this page cannot read. */
export function SignIn({ about }: { about: About }) {
  useDocumentTitle("Sign in · ml-connector");
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const signIn = useAction({
    run: () => request("POST", "/api/auth/sign-in/email", { email: email.trim(), password }),
    quiet: true,
  });
  const submit = (event: SubmitEvent<HTMLFormElement>): void => {
    event.preventDefault();
    signIn.mutate();
  };
  return (
    <Entrance title="Sign in">
      <form onSubmit={submit} data-testid="sign-in">
        <Stack gap="sm">
          <TextInput
            label="E-mail"
            type="email"
            name="email"
            autoComplete="username"
            required
            autoFocus
            value={email}
            onChange={(event) => setEmail(event.currentTarget.value)}
          />
          <PasswordInput
            label="Password"
            name="password"
            autoComplete="current-password"
            required
            value={password}
            onChange={(event) => setPassword(event.currentTarget.value)}
          />
          {signIn.error && <Failure error={signIn.error} />}
          <Button type="submit" size="sm" fullWidth loading={signIn.isPending}>
            Sign in
          </Button>
          {about.demo && (
            <Text size="xs" c="dimmed">
              The demo printed an e-mail address and a password in the terminal where it was started.
            </Text>
          )}
        </Stack>
      </form>
    </Entrance>
  );
}
