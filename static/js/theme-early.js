// Sets the theme before the first paint. Runs in the head, blocking, and does nothing else.
try {
  const theme = localStorage.getItem("theme");
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
} catch {
  // Storage may be forbidden; the system's own theme holds then.
}
