import type { ReactNode } from "react";

export interface Column<Row> {
  key: string;
  label: ReactNode;
  cell: (row: Row) => ReactNode;
  /** Figures stand at the end. */
  isEnd?: boolean;
  /** Left out where there is no room for it. */
  hide?: "sm" | "md";
  width?: string;
}

const HIDDEN = { sm: "max-sm:hidden", md: "max-md:hidden" };

/** Rows of a few columns; the first names its row. */
export function DataTable<Row>({
  label,
  columns,
  rows,
  keyOf,
  isChosen,
}: {
  label: string;
  columns: Column<Row>[];
  rows: Row[];
  keyOf: (row: Row) => string;
  isChosen?: (row: Row) => boolean;
}) {
  const shape = ({ isEnd, hide }: Column<Row>) =>
    `${isEnd ? "text-end" : "text-start"} ${hide ? HIDDEN[hide] : ""}`;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keys
    <section className="overflow-x-auto" aria-label={label} tabIndex={0}>
      <table className="w-full text-control">
        <thead className="text-note text-ink-3">
          <tr>
            {columns.map((column) => (
              <th
                key={column.key}
                scope="col"
                style={{ width: column.width }}
                className={`pe-3 pb-1 font-medium last:pe-0 ${shape(column)}`}
              >
                {column.label}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr
              key={keyOf(row)}
              className={`border-t border-line ${isChosen?.(row) ? "bg-accent-soft" : ""}`}
            >
              {columns.map((column, at) =>
                at === 0 ? (
                  <th key={column.key} scope="row" className={`py-2 pe-3 font-medium ${shape(column)}`}>
                    {column.cell(row)}
                  </th>
                ) : (
                  <td key={column.key} className={`py-2 pe-3 last:pe-0 ${shape(column)}`}>
                    {column.cell(row)}
                  </td>
                ),
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
