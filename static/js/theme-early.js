// Sets theme and projector mode before the first paint. Runs in the head, blocking, and does nothing else.
try {
  const { theme, view } = localStorage;
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
  if (view === "projector") document.documentElement.dataset.view = view;
} catch {
  // Storage may be forbidden. Then the system's theme applies.
}
