import type { Schemas } from "../../api/client";
import { useTexts } from "../../app/texts";
import { Note } from "../../ui/panel";

/** Accounts that the platform does not tell of, each with its reason; nothing where there are none. */
export function ClosedAccounts({ accounts }: { accounts: Schemas["ClosedAccount"][] }) {
  const t = useTexts();
  if (accounts.length === 0) return null;
  return (
    <Note kind="warn" className="mt-3">
      {t("connectors.closed", { count: accounts.length })}
      <ul>
        {accounts.map((one) => (
          <li key={one.account_id}>
            <bdi className="font-medium">{one.account_id}</bdi>: <bdi>{one.message}</bdi>
          </li>
        ))}
      </ul>
    </Note>
  );
}
