import type { ReactNode } from "react";
import { Tooltip, TooltipTrigger } from "react-aria-components";
import { Button, type ButtonLook } from "./button";

/** A button of an icon alone; its name is its tooltip too. */
export function IconButton({ label, children, ...props }: ButtonLook & { label: string }) {
  return (
    <TooltipTrigger delay={400}>
      <Button
        kind="quiet"
        {...props}
        aria-label={label}
        className={`min-w-8 px-1.5 ${props.className ?? ""}`}
      >
        {children}
      </Button>
      <Hint>{label}</Hint>
    </TooltipTrigger>
  );
}

function Hint({ children }: { children: ReactNode }) {
  return (
    <Tooltip offset={6} className="pop z-50 max-w-72 px-2 py-1 text-note text-ink">
      {children}
    </Tooltip>
  );
}
