import { Eye, EyeOff } from "lucide-react";
import { type ReactNode, useState } from "react";
import {
  Button as AriaButton,
  TextField as AriaTextField,
  FieldError,
  Input,
  Label,
  Text,
  TextArea,
  type TextFieldProps,
} from "react-aria-components";
import { useTexts } from "../app/texts";
import { INPUT, LABEL } from "./looks";

export function Notes({ help }: { help?: ReactNode }) {
  return (
    <>
      {help ? (
        <Text slot="description" className="text-note text-ink-3">
          {help}
        </Text>
      ) : null}
      <FieldError className="text-note text-bad" />
    </>
  );
}

interface FieldProps extends Omit<TextFieldProps, "className" | "children"> {
  label: string;
  help?: ReactNode;
  placeholder?: string;
  className?: string;
  /** Lines of a text area; a single line where absent. */
  lines?: number;
  /** A code, an amount or an address: always written left to right. */
  ltr?: boolean;
}

export function Field({ label, help, placeholder, className, lines, ltr, ...props }: FieldProps) {
  const input = { placeholder, dir: ltr ? ("ltr" as const) : ("auto" as const) };
  return (
    <AriaTextField {...props} className={`flex flex-col gap-1 ${className ?? ""}`}>
      <Label className={LABEL}>{label}</Label>
      {lines ? (
        <TextArea {...input} rows={lines} className={`${INPUT} py-2`} />
      ) : (
        <Input {...input} className={INPUT} />
      )}
      <Notes help={help} />
    </AriaTextField>
  );
}

export function PasswordField({ label, help, className, ...props }: FieldProps) {
  const t = useTexts();
  const [isShown, setShown] = useState(false);
  return (
    <AriaTextField
      {...props}
      type={isShown ? "text" : "password"}
      className={`flex flex-col gap-1 ${className ?? ""}`}
    >
      <Label className={LABEL}>{label}</Label>
      <div className="relative">
        <Input dir="ltr" className={`${INPUT} pe-10`} />
        <AriaButton
          aria-label={t(isShown ? "field.hidePassword" : "field.showPassword")}
          aria-pressed={isShown}
          onPress={() => setShown(!isShown)}
          className="absolute inset-y-0 end-0 flex w-9 items-center justify-center rounded-sm text-ink-3 hover:text-ink"
        >
          {isShown ? <EyeOff size={16} /> : <Eye size={16} />}
        </AriaButton>
      </div>
      <Notes help={help} />
    </AriaTextField>
  );
}
