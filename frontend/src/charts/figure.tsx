import { Download, Table2 } from "lucide-react";
import { type ReactNode, type RefObject, useState } from "react";
import { Button as AriaButton, Menu, MenuItem, MenuTrigger, Popover } from "react-aria-components";
import { useTexts } from "../app/texts";
import { IconButton } from "../ui/icon-button";
import type { Sheet } from "./save";

/** A chart with its table twin, and what saves either. */
export function Figure({
  sheet,
  chart,
  legend,
  children,
}: {
  sheet: Sheet;
  chart: RefObject<SVGSVGElement | null>;
  legend?: ReactNode;
  children: ReactNode;
}) {
  const t = useTexts();
  const [isTable, setTable] = useState(false);
  const act = async (key: string) => {
    const { saveCsv, savePng, saveSvg } = await import("./save");
    if (key === "csv") saveCsv(sheet);
    else if (chart.current && key === "svg") saveSvg(chart.current, sheet);
    else if (chart.current) await savePng(chart.current, sheet);
  };
  return (
    <figure className="m-0">
      <div className="mb-1 flex flex-wrap items-center justify-between gap-2">
        <figcaption className="flex flex-wrap items-center gap-x-4 gap-y-1 text-note text-ink-2">
          {legend}
        </figcaption>
        <span className="flex">
          <IconButton
            label={t(isTable ? "chart.asChart" : "chart.asTable")}
            onPress={() => setTable(!isTable)}
          >
            <Table2 size={15} />
          </IconButton>
          <MenuTrigger>
            <AriaButton
              aria-label={t("chart.save")}
              className="inline-flex min-h-8 min-w-8 items-center justify-center rounded-sm text-ink-2 hover:bg-sunken hover:text-ink"
            >
              <Download size={15} />
            </AriaButton>
            <Popover className="pop z-50 p-1">
              <Menu
                aria-label={t("chart.save")}
                onAction={(key) => void act(String(key))}
                className="outline-none"
              >
                {["csv", ...(isTable ? [] : ["png", "svg"])].map((kind) => (
                  <MenuItem
                    key={kind}
                    id={kind}
                    className="flex min-h-8 items-center rounded-sm px-3 text-control outline-none data-[focused]:bg-sunken"
                  >
                    {kind.toUpperCase()}
                  </MenuItem>
                ))}
              </Menu>
            </Popover>
          </MenuTrigger>
        </span>
      </div>
      {isTable ? <SheetTable sheet={sheet} /> : children}
    </figure>
  );
}

function SheetTable({ sheet: { heading, head, rows } }: { sheet: Sheet }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keys
    <section className="max-h-80 overflow-auto" tabIndex={0} aria-label={heading.join(", ")}>
      <table className="w-full text-control">
        <thead className="sticky top-0 bg-surface text-ink-2">
          <tr>
            {head.map((name, at) => (
              <th
                key={name}
                scope="col"
                className={`border-b border-line py-1.5 font-medium ${at ? "text-end" : "text-start"}`}
              >
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={String(row[0])} className="border-b border-line">
              {row.map((cell, at) =>
                at ? (
                  <td key={head[at]} className="py-1 text-end">
                    <bdi>{cell ?? "–"}</bdi>
                  </td>
                ) : (
                  <th key={head[at]} scope="row" className="py-1 text-start font-normal">
                    {cell}
                  </th>
                ),
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
