import { Anchor, type AnchorProps, UnstyledButton, type UnstyledButtonProps } from "@mantine/core";
import { createLink } from "@tanstack/react-router";
import type { AnchorHTMLAttributes, Ref } from "react";

type Rest<Own> = Own & Omit<AnchorHTMLAttributes<HTMLAnchorElement>, keyof Own> & { ref?: Ref<HTMLAnchorElement> };

/** A link inside the console, with Mantine's looks and the router's checks of address and parameters. */
export const TextLink = createLink((props: Rest<AnchorProps>) => <Anchor {...props} />);

/** The same without looks of its own, for tiles and tabs. */
export const PlainLink = createLink((props: Rest<UnstyledButtonProps>) => <UnstyledButton component="a" {...props} />);
