import { useQueryClient } from "@tanstack/react-query";
import { SignInForm } from "../pages/auth/sign-in-form";
import { Dialog } from "../ui/dialog";
import { useMe } from "./me";
import { useTexts } from "./texts";

/** Over the page, whose forms survive: the session ended, and the same person may go on. */
export default function SignInAgain() {
  const t = useTexts();
  const { email } = useMe();
  const client = useQueryClient();
  return (
    <Dialog title={t("signIn.again")} isOpen>
      <p className="mb-3 text-control text-ink-2">{t("signIn.ended")}</p>
      <SignInForm email={email} onDone={() => void client.invalidateQueries()} />
    </Dialog>
  );
}
