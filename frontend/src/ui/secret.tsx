import { Check, Copy } from "lucide-react";
import { useState } from "react";
import { useTexts } from "../app/texts";
import { Button } from "./button";

const SAID_MS = 2000;

function CopyButton({ text }: { text: string }) {
  const t = useTexts();
  const [isCopied, setCopied] = useState(false);
  const copy = async () => {
    await navigator.clipboard.writeText(text);
    setCopied(true);
    setTimeout(() => setCopied(false), SAID_MS);
  };
  return (
    <Button onPress={() => void copy()}>
      {isCopied ? <Check size={14} aria-hidden /> : <Copy size={14} aria-hidden />}
      <span aria-live="polite">{t(isCopied ? "action.copied" : "action.copy")}</span>
    </Button>
  );
}

/** Code to take along, with a button that copies it. */
export function Code({ text, label }: { text: string; label: string }) {
  return (
    <div className="rounded-sm bg-sunken" dir="ltr">
      <div className="flex justify-end p-2 pb-0">
        <CopyButton text={text} />
      </div>
      <section
        aria-label={label}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keys
        tabIndex={0}
        className="max-h-80 overflow-auto p-3 pt-0"
      >
        <pre className="text-start text-note">{text}</pre>
      </section>
    </div>
  );
}
