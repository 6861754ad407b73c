import { Link, type LinkProps } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { Button as AriaButton, type ButtonProps } from "react-aria-components";

type Kind = "plain" | "primary" | "danger" | "quiet";

const LOOKS: Record<Kind, string> = {
  plain: "border-edge/60 bg-surface text-ink hover:bg-sunken",
  primary: "border-accent bg-accent text-on-accent hover:opacity-90",
  danger: "border-bad/60 bg-surface text-bad hover:bg-bad-soft",
  quiet: "border-transparent bg-transparent text-ink-2 hover:bg-sunken hover:text-ink",
};

function looks(kind: Kind, more = ""): string {
  return `inline-flex min-h-8 items-center justify-center gap-1.5 rounded-sm border px-2.5 text-control font-medium whitespace-nowrap disabled:opacity-50 ${LOOKS[kind]} ${more}`;
}

export interface ButtonLook extends Omit<ButtonProps, "className" | "children"> {
  kind?: Kind;
  className?: string;
  children?: ReactNode;
}

export function Button({ kind = "plain", className, children, ...props }: ButtonLook) {
  return (
    <AriaButton {...props} className={looks(kind, className)}>
      {children}
    </AriaButton>
  );
}

/** A link that looks like a button. */
export function ButtonLink({
  kind = "plain",
  className,
  children,
  ...props
}: LinkProps & { kind?: Kind; className?: string; children: ReactNode }) {
  return (
    <Link {...props} className={looks(kind, className)}>
      {children}
    </Link>
  );
}
