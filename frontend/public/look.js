// Runs before the first paint, so that a chosen theme and direction never flash.
(() => {
  const root = document.documentElement;
  let kept = {};
  try {
    kept = JSON.parse(localStorage.getItem("stratum.look") ?? "{}") ?? {};
  } catch {
    // A browser that keeps nothing gets the defaults.
  }
  const language = kept.language ?? (navigator.language.startsWith("ar") ? "ar" : "en");
  root.lang = language;
  root.dir = language === "ar" ? "rtl" : "ltr";
  if (kept.theme === "light" || kept.theme === "dark") root.dataset.theme = kept.theme;
})();
