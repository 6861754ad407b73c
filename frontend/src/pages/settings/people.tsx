import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { answer, api, dataOf, type Schemas } from "../../api/client";
import { invitations, users } from "../../api/settings";
import { useMay, useMe } from "../../app/me";
import { useFormat, useTexts } from "../../app/texts";
import { Ago } from "../../ui/ago";
import { Button } from "../../ui/button";
import { DataTable } from "../../ui/data-table";
import { Dialog } from "../../ui/dialog";
import { Choose } from "../../ui/field";
import { Form } from "../../ui/form";
import { Asked, Badge, Empty, ErrorNote, Note, Panel } from "../../ui/panel";
import { Code } from "../../ui/secret";
import { Field } from "../../ui/text-field";
import { Toggle } from "../../ui/tick";
import { tell } from "../../ui/toast";
import { useAct } from "../../ui/use-act";

type User = Schemas["UserItem"];
type Role = Schemas["Role"];

const ROLES: Role[] = ["viewer", "analyst", "manager", "admin"];

/** Who is in the organisation, who is invited, and what each may do. */
export function People() {
  const t = useTexts();
  const mayWrite = useMay("tenant.write");
  const query = useQuery(users());
  const [isInviting, setInviting] = useState(false);
  const [changed, setChanged] = useState<User | null>(null);
  return (
    <div className="flex flex-col gap-4">
      <Panel
        title={t("settings.people")}
        aside={
          mayWrite ? (
            <Button kind="primary" onPress={() => setInviting(true)}>
              {t("people.invite")}
            </Button>
          ) : null
        }
      >
        <Asked query={query}>
          {(rows) => (
            <DataTable
              label={t("settings.people")}
              rows={rows}
              keyOf={(user) => user.id}
              columns={[
                {
                  key: "name",
                  label: t("field.name"),
                  cell: (user) => (
                    <>
                      <bdi>{user.full_name}</bdi>
                      <span className="block text-note font-normal text-ink-3">
                        <bdi>{user.email}</bdi>
                      </span>
                    </>
                  ),
                },
                { key: "role", label: t("settings.role"), cell: (user) => t(`role.${user.role}`) },
                {
                  key: "state",
                  label: t("runs.state"),
                  hide: "sm",
                  cell: (user) => (
                    <Badge kind={user.active ? "good" : "plain"}>
                      {t(user.active ? "people.active" : "people.inactive")}
                    </Badge>
                  ),
                },
                {
                  key: "last",
                  label: t("settings.lastLogin"),
                  hide: "sm",
                  cell: (user) => (user.last_login_at ? <Ago at={user.last_login_at} /> : t("keys.never")),
                },
                {
                  key: "act",
                  label: "",
                  isEnd: true,
                  cell: (user) =>
                    mayWrite ? (
                      <Button onPress={() => setChanged(user)}>{t("datasets.change")}</Button>
                    ) : null,
                },
              ]}
            />
          )}
        </Asked>
      </Panel>
      {mayWrite ? <Invited /> : null}
      <RoleMatrix />
      <Dialog title={t("people.invite")} isOpen={isInviting} onClose={() => setInviting(false)}>
        <Invite onDone={() => setInviting(false)} />
      </Dialog>
      <Dialog title={changed?.full_name ?? ""} isOpen={changed !== null} onClose={() => setChanged(null)}>
        {changed ? <Change user={changed} onDone={() => setChanged(null)} /> : null}
      </Dialog>
    </div>
  );
}

function Invited() {
  const t = useTexts();
  const format = useFormat();
  const client = useQueryClient();
  const query = useQuery(invitations());
  const { act, error, isBusy } = useAct();
  const withdraw = async (id: string) => {
    await answer(api.DELETE("/api/v1/users/invitations/{id}", { params: { path: { id } } }));
    await client.invalidateQueries({ queryKey: invitations().queryKey });
  };
  return (
    <Panel title={t("people.invited")}>
      {error ? <ErrorNote error={error} /> : null}
      <Asked query={query} lines={2}>
        {(rows) =>
          rows.length === 0 ? (
            <Empty title={t("people.noneInvited")} />
          ) : (
            <DataTable
              label={t("people.invited")}
              rows={rows}
              keyOf={(one) => one.id}
              columns={[
                { key: "email", label: t("field.email"), cell: (one) => <bdi>{one.email}</bdi> },
                { key: "role", label: t("settings.role"), cell: (one) => t(`role.${one.role}`) },
                {
                  key: "until",
                  label: t("people.until"),
                  hide: "sm",
                  cell: (one) => <bdi>{format.instant(one.expires_at)}</bdi>,
                },
                {
                  key: "act",
                  label: "",
                  isEnd: true,
                  cell: (one) => (
                    <Button isDisabled={isBusy} onPress={() => act(() => withdraw(one.id))}>
                      {t("people.withdraw")}
                    </Button>
                  ),
                },
              ]}
            />
          )
        }
      </Asked>
    </Panel>
  );
}

function Invite({ onDone }: { onDone: () => void }) {
  const t = useTexts();
  const client = useQueryClient();
  const [email, setEmail] = useState("");
  const [role, setRole] = useState<Role>("viewer");
  const [link, setLink] = useState<string | null>(null);
  const send = async () => {
    const { link: told, token } = await dataOf(
      api.POST("/api/v1/users/invitations", { body: { email, role } }),
    );
    await client.invalidateQueries({ queryKey: invitations().queryKey });
    if (token) {
      setLink(told ?? `${location.origin}/accept-invitation#token=${encodeURIComponent(token)}`);
      return;
    }
    tell(t("people.sent", { email }));
    onDone();
  };
  if (link) {
    return (
      <div className="flex flex-col gap-3">
        <Note kind="warn">{t("people.token", { email })}</Note>
        <Code text={link} label={t("people.tokenLabel")} />
      </div>
    );
  }
  return (
    <Form action={t("people.invite")} send={send} onCancel={onDone}>
      <Field
        name="email"
        type="email"
        label={t("field.email")}
        value={email}
        onChange={setEmail}
        isRequired
        autoFocus
        ltr
      />
      <Choose
        label={t("settings.role")}
        value={role}
        options={ROLES.map((key) => ({ key, label: t(`role.${key}`) }))}
        onChange={setRole}
      />
      <p className="text-control text-ink-2">{t(`role.${role}.may`)}</p>
    </Form>
  );
}

function Change({ user, onDone }: { user: User; onDone: () => void }) {
  const t = useTexts();
  const client = useQueryClient();
  const me = useMe();
  const [name, setName] = useState(user.full_name);
  const [role, setRole] = useState<Role>(user.role);
  const [isActive, setActive] = useState(user.active);
  const send = async () => {
    const path = { path: { id: user.id } };
    await dataOf(
      api.PATCH("/api/v1/users/{id}", { params: path, body: { full_name: name, role, active: isActive } }),
    );
    await client.invalidateQueries({ queryKey: users().queryKey });
    tell(t("settings.saved"));
    onDone();
  };
  return (
    <Form action={t("action.save")} send={send} onCancel={onDone}>
      <Field name="full_name" label={t("field.name")} value={name} onChange={setName} isRequired />
      <Choose
        label={t("settings.role")}
        value={role}
        options={ROLES.map((key) => ({ key, label: t(`role.${key}`) }))}
        onChange={setRole}
      />
      <p className="text-control text-ink-2">{t(`role.${role}.may`)}</p>
      {user.id === me.id ? null : (
        <Toggle isSelected={isActive} onChange={setActive}>
          {t("people.mayEnter")}
        </Toggle>
      )}
    </Form>
  );
}

/** What each role may do, in words. */
function RoleMatrix() {
  const t = useTexts();
  return (
    <Panel title={t("people.roles")}>
      <dl className="grid gap-x-6 gap-y-2 text-control sm:grid-cols-[120px_1fr]">
        {ROLES.toReversed().map((role) => (
          <div key={role} className="contents">
            <dt className="font-medium">{t(`role.${role}`)}</dt>
            <dd className="text-ink-2">{t(`role.${role}.may`)}</dd>
          </div>
        ))}
      </dl>
    </Panel>
  );
}
