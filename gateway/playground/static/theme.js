// Applies the chosen theme before the first paint; a classic script in the head, because a module would come too late.
(() => {
  try {
    const theme = localStorage.getItem("gateway.theme");
    if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
  } catch {
    // Storage is blocked: the system's preference stands.
  }
})();
