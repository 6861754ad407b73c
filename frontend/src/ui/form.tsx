import { type FormEvent, type ReactNode, useState } from "react";
import { Form as AriaForm } from "react-aria-components";
import { useFaults } from "../app/faults";
import { useTexts } from "../app/texts";
import { Button } from "./button";
import { ErrorNote } from "./panel";

/** A form of a dialog or a panel: a refusal stands at its fields and above the button. */
export function Form({
  action,
  send,
  onCancel,
  children,
  isDanger,
  isDisabled,
}: {
  action: string;
  send: () => Promise<void>;
  onCancel?: () => void;
  children: ReactNode;
  isDanger?: boolean;
  isDisabled?: boolean;
}) {
  const t = useTexts();
  const [error, setError] = useState<unknown>(null);
  const [isSending, setSending] = useState(false);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setSending(true);
    setError(null);
    send()
      .catch(setError)
      .finally(() => setSending(false));
  };
  return (
    <AriaForm onSubmit={submit} validationErrors={useFaults(error).fields} className="flex flex-col gap-3">
      {children}
      {error ? <ErrorNote error={error} /> : null}
      <div className="flex justify-end gap-2">
        {onCancel ? <Button onPress={onCancel}>{t("action.cancel")}</Button> : null}
        <Button
          kind={isDanger ? "danger" : "primary"}
          type="submit"
          isPending={isSending}
          isDisabled={isDisabled}
        >
          {action}
        </Button>
      </div>
    </AriaForm>
  );
}
