import {
  ActionIcon,
  Badge,
  Group,
  Menu,
  Text,
  Tooltip,
  useComputedColorScheme,
  useMantineColorScheme,
} from "@mantine/core";
import {
  IconArrowsLeftRight,
  IconFileAlert,
  IconLayoutDashboard,
  IconListDetails,
  IconLogout,
  IconMoon,
  IconSun,
  IconUser,
} from "@tabler/icons-react";
import type { About } from "../api.ts";
import { useAction } from "../actions.ts";
import { request } from "../request.ts";
import { PlainLink } from "./link.tsx";

const links = [
  { to: "/", label: "Overview", sign: IconLayoutDashboard },
  { to: "/records", label: "Records", sign: IconListDetails },
  { to: "/errors", label: "Errors", sign: IconFileAlert },
  { to: "/both-systems", label: "Both systems", sign: IconArrowsLeftRight },
] as const;

export function Header({ about, user }: { about: About; user: NonNullable<About["signedIn"]> }) {
  const shown = links.filter((link) => about.demo || link.to !== "/both-systems");
  return (
    <header className="header">
      <Group className="header-brand" gap={8} wrap="nowrap">
        <img src="/favicon.svg" alt="" width={22} height={22} />
        <Text fw={650} size="sm">
          {about.name}
        </Text>
        <Text size="xs" c="dimmed">
          {about.version}
        </Text>
        {about.demo && (
          <Tooltip label="Both systems are simulated. Nothing leaves this machine.">
            <Badge color="grape">Demo</Badge>
          </Tooltip>
        )}
      </Group>
      <nav aria-label="Pages" className="header-pages">
        {shown.map(({ to, label, sign: Sign }) => (
          <PlainLink
            key={to}
            to={to}
            className="header-page"
            activeOptions={{ exact: to === "/", includeSearch: false }}
            activeProps={{ "data-active": true, "aria-current": "page" } as object}
          >
            <Sign size={16} stroke={1.8} aria-hidden />
            {label}
          </PlainLink>
        ))}
      </nav>
      <Group gap={4} wrap="nowrap" className="header-self">
        <ColorScheme />
        <Account user={user} />
      </Group>
    </header>
  );
}

function ColorScheme() {
  const { setColorScheme } = useMantineColorScheme();
  const dark = useComputedColorScheme("light") === "dark";
  const label = dark ? "Use light colours" : "Use dark colours";
  return (
    <Tooltip label={label}>
      <ActionIcon size="lg" aria-label={label} onClick={() => setColorScheme(dark ? "light" : "dark")}>
        {dark ? <IconSun size={18} /> : <IconMoon size={18} />}
      </ActionIcon>
    </Tooltip>
  );
}

function Account({ user }: { user: NonNullable<About["signedIn"]> }) {
  const signOut = useAction({
    run: () => request("POST", "/api/auth/sign-out", {}),
    // A fresh page: the next person at this browser must not find what the last one read.
    done: () => window.location.assign("/"),
  });
  return (
    <Menu position="bottom-end" withinPortal>
      <Menu.Target>
        <ActionIcon size="lg" aria-label="Your account" data-testid="account">
          <IconUser size={18} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>
          Signed in as {user.name}
          <br />
          {user.email}
        </Menu.Label>
        <Menu.Item leftSection={<IconLogout size={15} />} onClick={() => signOut.mutate()}>
          Sign out
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
