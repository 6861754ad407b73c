/** What a change made new, field by field. */
export function Diff({
  changes,
  nameOf = (field) => field,
}: {
  changes: Record<string, unknown>;
  nameOf?: (field: string) => string;
}) {
  const entries = Object.entries(changes ?? {});
  if (entries.length === 0) return null;
  return (
    <dl className="mt-1 grid grid-cols-[auto_1fr] gap-x-3 text-note">
      {entries.map(([field, value]) => (
        <div key={field} className="contents">
          <dt className="text-ink-3">
            <bdi>{nameOf(field)}</bdi>
          </dt>
          <dd className="min-w-0 break-words">
            <bdi className="whitespace-normal">{say(value)}</bdi>
          </dd>
        </div>
      ))}
    </dl>
  );
}

function say(value: unknown): string {
  if (typeof value === "object" && value !== null && "from" in value && "to" in value) {
    return `${say(value.from)} → ${say(value.to)}`;
  }
  if (value === null) return "–";
  if (Array.isArray(value)) return value.join(", ") || "–";
  return typeof value === "string" ? value : JSON.stringify(value);
}
