import { X } from "lucide-react";
import { type ReactNode, type RefObject, useEffect, useRef } from "react";
import { Dialog as AriaDialog, Heading, Modal, ModalOverlay } from "react-aria-components";
import { useTexts } from "../app/texts";
import { IconButton } from "./icon-button";

/** A dialog over the page; `Esc` and a press beside it close it where `onClose` is given. */
export function Dialog({
  title,
  isOpen,
  onClose,
  children,
  isWide,
  isSide,
}: {
  title: string;
  isOpen: boolean;
  onClose?: () => void;
  children: ReactNode;
  isWide?: boolean;
  /** Stands at the end edge, for what one reads beside the page. */
  isSide?: boolean;
}) {
  const t = useTexts();
  const place = isSide ? "justify-end" : "items-start justify-center p-4 pt-[10vh]";
  const shape = isSide
    ? "h-dvh w-[min(560px,100vw)] rounded-none border-y-0 border-e-0"
    : `max-h-[80vh] w-full ${isWide ? "max-w-3xl" : "max-w-md"}`;
  const sheet = useRef<HTMLElement>(null);
  useKeys(sheet, isOpen, onClose);
  return (
    <ModalOverlay
      isOpen={isOpen}
      isDismissable={Boolean(onClose)}
      isKeyboardDismissDisabled={!onClose}
      onOpenChange={(next) => next || onClose?.()}
      className={`fixed inset-0 z-40 flex bg-shade ${place}`}
    >
      <Modal className={`pop flex flex-col overflow-hidden ${shape}`}>
        <AriaDialog ref={sheet} className="flex min-h-0 flex-1 flex-col outline-none">
          <div className="flex items-center justify-between gap-4 border-b border-line px-4 py-2.5">
            <Heading slot="title" className="text-head font-semibold">
              {title}
            </Heading>
            {onClose ? (
              <IconButton label={t("action.close")} onPress={onClose}>
                <X size={16} />
              </IconButton>
            ) : null}
          </div>
          <div className="min-h-0 flex-1 overflow-auto p-4">{children}</div>
        </AriaDialog>
      </Modal>
    </ModalOverlay>
  );
}

/**
 * Hears keys that would be lost: a focused button that is disabled or goes away leaves the focus to nobody, and then
 * neither `Esc` nor `Tab` reaches the dialog.
 */
function useKeys(sheet: RefObject<HTMLElement | null>, isOpen: boolean, onClose?: () => void): void {
  useEffect(() => {
    if (!isOpen) return;
    const hear = (event: KeyboardEvent) => {
      const isLost = document.activeElement === null || document.activeElement === document.body;
      const isOnTop = [...document.querySelectorAll("[role=dialog]")].at(-1) === sheet.current;
      if (!isLost || !isOnTop) return;
      if (event.key === "Escape") onClose?.();
      else sheet.current?.focus();
    };
    document.addEventListener("keydown", hear, true);
    return () => document.removeEventListener("keydown", hear, true);
  }, [sheet, isOpen, onClose]);
}
