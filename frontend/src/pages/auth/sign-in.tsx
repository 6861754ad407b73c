import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { askConfig } from "../../api/open";
import { useTexts } from "../../app/texts";
import { useAnswer } from "../../app/use-answer";
import { DemoAccounts } from "./demo-accounts";
import { isRegistrationOpen, Sheet } from "./parts";
import { SignInForm } from "./sign-in-form";

/** Only a path of this page is gone on to, never another site. */
function within(next: string | undefined): string {
  return next?.startsWith("/") && !next.startsWith("//") ? next : "/";
}

export function SignInPage() {
  const t = useTexts();
  const navigate = useNavigate();
  const { data } = useAnswer(askConfig);
  const isOpen = isRegistrationOpen(data);
  const { next } = useSearch({ strict: false });
  const goOn = () => void navigate({ href: within(next) });
  return (
    <Sheet title={t("signIn.title")} lead={t("signIn.lead")}>
      {data?.demo.length ? <DemoAccounts accounts={data.demo} onDone={goOn} /> : null}
      <SignInForm onDone={goOn} />
      <p className="flex flex-wrap justify-between gap-x-4 gap-y-1 text-control whitespace-nowrap">
        <Link to="/forgot-password" className="row-link">
          {t("signIn.forgot")}
        </Link>
        {isOpen ? (
          <Link to="/register" className="row-link">
            {t("signIn.register")}
          </Link>
        ) : null}
      </p>
    </Sheet>
  );
}
