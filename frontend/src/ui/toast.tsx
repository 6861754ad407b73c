import { X } from "lucide-react";
import {
  Button as AriaButton,
  UNSTABLE_Toast as Toast,
  UNSTABLE_ToastContent as ToastContent,
  UNSTABLE_ToastQueue as ToastQueue,
  UNSTABLE_ToastRegion as ToastRegion,
} from "react-aria-components";
import { useTexts } from "../app/texts";

const queue = new ToastQueue<string>({ maxVisibleToasts: 3 });
const SHOWN_MS = 6000;

/** Tells what was done, for a while. */
export function tell(text: string): void {
  queue.add(text, { timeout: SHOWN_MS });
}

export default function Toasts() {
  const t = useTexts();
  return (
    <ToastRegion
      queue={queue}
      className="fixed end-4 bottom-20 z-50 flex flex-col gap-2 outline-none md:bottom-4"
    >
      {({ toast }) => (
        <Toast toast={toast} className="pop flex items-center gap-3 py-2 ps-4 pe-2 text-control">
          <ToastContent>{toast.content}</ToastContent>
          <AriaButton
            slot="close"
            aria-label={t("action.close")}
            className="rounded-sm p-1 text-ink-3 hover:text-ink"
          >
            <X size={14} />
          </AriaButton>
        </Toast>
      )}
    </ToastRegion>
  );
}
