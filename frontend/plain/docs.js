// Shows /openapi.json as a page: each route with its parameters and answers.
const routes = document.getElementById("routes");

function element(name, attributes = {}, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  node.append(...children);
  return node;
}

function typeOf(schema = {}) {
  if (schema.$ref) return schema.$ref.split("/").pop();
  if (schema.oneOf) return schema.oneOf.map(typeOf).join(" or ");
  if (schema.type === "array") return `list of ${typeOf(schema.items)}`;
  return [].concat(schema.type ?? "anything").filter((type) => type !== "null").join(" or ");
}

function table(caption, heads, rows) {
  const cells = (row) => row.map((text, i) => element(i ? "td" : "th", i ? {} : { scope: "row" }, text));
  return element("table", {},
    element("caption", {}, caption),
    element("thead", {}, element("tr", {}, ...heads.map((head) => element("th", { scope: "col" }, head)))),
    element("tbody", {}, ...rows.map((row) => element("tr", {}, ...cells(row)))));
}

function route(path, method, operation) {
  const parts = [element("h3", {}, `${method.toUpperCase()} ${path}`), element("p", {}, operation.summary ?? "")];
  if (operation.description) parts.push(element("p", { class: "note" }, operation.description));
  if (operation.parameters?.length) {
    parts.push(table("Parameters", ["Name", "Type", "Meaning"], operation.parameters.map((one) =>
      [one.name, typeOf(one.schema), one.description ?? ""])));
  }
  parts.push(table("Answers", ["Status", "Body", "Meaning"], Object.entries(operation.responses).map(([status, one]) =>
    [status, typeOf(Object.values(one.content ?? {})[0]?.schema ?? { type: "" }), one.description ?? ""])));
  return element("article", { class: "route" }, ...parts);
}

try {
  const answer = await fetch("/openapi.json");
  const api = await answer.json();
  const nodes = [element("p", { class: "route" }, api.info.description)];
  for (const [path, item] of Object.entries(api.paths)) {
    for (const [method, operation] of Object.entries(item)) nodes.push(route(path, method, operation));
  }
  routes.replaceChildren(...nodes);
} catch {
  const error = document.getElementById("error");
  error.textContent = "The document cannot be loaded. Is the server running? Reload the page to try again.";
  error.hidden = false;
  routes.replaceChildren();
}
