import { useState } from "react";
import type { Schemas } from "../../api/client";
import { useTexts } from "../../app/texts";
import { Button } from "../../ui/button";
import { ErrorNote } from "../../ui/panel";
import { signIn } from "./sign-in-form";

/** One press into each tenant of the demo; there are none unless it runs on this machine. */
export function DemoAccounts({
  accounts,
  onDone,
}: {
  accounts: Schemas["DemoAccount"][];
  onDone: () => void;
}) {
  const t = useTexts();
  const [error, setError] = useState<unknown>(null);
  const enter = ({ email, password }: Schemas["DemoAccount"]) => {
    setError(null);
    signIn({ email, password }).then(onDone, setError);
  };
  return (
    <section aria-labelledby="demo" className="flex flex-col gap-2 rounded-sm bg-sunken p-3">
      <h2 id="demo" className="text-control font-medium">
        {t("signIn.demo")}
      </h2>
      <div className="flex flex-wrap gap-2">
        {accounts.map((account) => (
          <Button key={account.email} onPress={() => enter(account)}>
            <bdi>{account.tenant}</bdi>
          </Button>
        ))}
      </div>
      {error ? <ErrorNote error={error} /> : null}
      <p className="text-note text-ink-2">{t("signIn.demoNote")}</p>
    </section>
  );
}
