/** Saves what a chart shows, with the range and filters it stands for. */

export interface Sheet {
  /** Of the file, without ending. */
  name: string;
  /** Title and what it is about, written above the picture. */
  heading: [string, string];
  head: string[];
  rows: (string | number | null)[][];
}

/** As the API writes CSV: quotes where needed, and no cell that a spreadsheet would run. */
export function csv({ head, rows }: Pick<Sheet, "head" | "rows">): string {
  const cell = (value: string | number | null) => {
    if (value === null) return "";
    if (typeof value === "number") return String(value);
    const safe = /^[=+\-@\t]/.test(value) ? `'${value}` : value;
    return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
  };
  return `${[head, ...rows].map((row) => row.map(cell).join(",")).join("\r\n")}\r\n`;
}

export function save(blob: Blob, name: string): void {
  const url = URL.createObjectURL(blob);
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 1000);
}

export function saveCsv(sheet: Sheet): void {
  save(new Blob([`\uFEFF${csv(sheet)}`], { type: "text/csv;charset=utf-8" }), `${sheet.name}.csv`);
}

const COPIED = [
  "fill",
  "fill-opacity",
  "stroke",
  "stroke-width",
  "stroke-dasharray",
  "stroke-linecap",
  "stroke-linejoin",
  "opacity",
  "font-size",
  "font-weight",
  "text-anchor",
  "dominant-baseline",
];
const HEAD_PX = 56;
const PAD_PX = 16;
const SCALE = 2;

/** The chart as a picture of its own: styles written into it, heading above. */
function standalone(chart: SVGSVGElement, sheet: Sheet): { text: string; width: number; height: number } {
  const width = chart.clientWidth + 2 * PAD_PX;
  const height = chart.clientHeight + HEAD_PX + PAD_PX;
  const clone = chart.cloneNode(true) as SVGSVGElement;
  const shown = [...chart.querySelectorAll<SVGElement>("*")];
  clone.querySelectorAll<SVGElement>("*").forEach((copy, at) => {
    const original = shown[at];
    if (!original) return;
    const style = getComputedStyle(original);
    for (const name of COPIED) copy.setAttribute(name, style.getPropertyValue(name));
    copy.removeAttribute("class");
  });
  const page = getComputedStyle(document.documentElement);
  const make = (name: string, values: Record<string, string | number>, text = "") => {
    const made = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const [key, value] of Object.entries(values)) made.setAttribute(key, String(value));
    made.textContent = text;
    return made;
  };
  const picture = make("svg", {
    xmlns: "http://www.w3.org/2000/svg",
    width,
    height,
    "font-family": "Inter, sans-serif",
  });
  clone.setAttribute("x", String(PAD_PX));
  clone.setAttribute("y", String(HEAD_PX));
  clone.setAttribute("width", String(chart.clientWidth));
  clone.setAttribute("height", String(chart.clientHeight));
  const ink = page.getPropertyValue("color");
  picture.append(
    make("rect", { width, height, fill: page.getPropertyValue("background-color") }),
    make("text", { x: PAD_PX, y: 24, "font-size": 15, "font-weight": 600, fill: ink }, sheet.heading[0]),
    make("text", { x: PAD_PX, y: 42, "font-size": 12, fill: ink, opacity: 0.75 }, sheet.heading[1]),
    clone,
  );
  return { text: new XMLSerializer().serializeToString(picture), width, height };
}

export function saveSvg(chart: SVGSVGElement, sheet: Sheet): void {
  save(new Blob([standalone(chart, sheet).text], { type: "image/svg+xml" }), `${sheet.name}.svg`);
}

export async function savePng(chart: SVGSVGElement, sheet: Sheet): Promise<void> {
  const { text, width, height } = standalone(chart, sheet);
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(text)}`;
  await image.decode();
  const canvas = document.createElement("canvas");
  canvas.width = width * SCALE;
  canvas.height = height * SCALE;
  canvas.getContext("2d")?.drawImage(image, 0, 0, canvas.width, canvas.height);
  canvas.toBlob((blob) => blob && save(blob, `${sheet.name}.png`));
}
