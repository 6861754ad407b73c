/** Splits what a stream says into its events. */
export function* events(buffer: { text: string }): Generator<{ id: string; event: string; data: string }> {
  for (let end = buffer.text.indexOf("\n\n"); end >= 0; end = buffer.text.indexOf("\n\n")) {
    const fields: Record<string, string> = { id: "", event: "message", data: "" };
    for (const line of buffer.text.slice(0, end).split("\n")) {
      const colon = line.indexOf(":");
      if (colon > 0) fields[line.slice(0, colon)] = line.slice(colon + 1).trimStart();
    }
    buffer.text = buffer.text.slice(end + 2);
    yield { id: fields.id ?? "", event: fields.event ?? "", data: fields.data ?? "" };
  }
}
