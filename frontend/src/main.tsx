import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { router } from "./app/routes";
import { TextProvider } from "./app/texts";
import "./style.css";

const RELOADED = "stratum.reloaded";

// After an upgrade an open tab asks for files that are gone: it loads the new page, once.
addEventListener("vite:preloadError", (event) => {
  if (sessionStorage.getItem(RELOADED)) return;
  sessionStorage.setItem(RELOADED, "yes");
  event.preventDefault();
  location.reload();
});
addEventListener("load", () => setTimeout(() => sessionStorage.removeItem(RELOADED), 10_000));

const root = document.getElementById("root");
if (root) {
  createRoot(root).render(
    <StrictMode>
      <TextProvider>
        <RouterProvider router={router} />
      </TextProvider>
    </StrictMode>,
  );
}
