// The address follows the search, so that it can be shared, and so that Back returns to the results.
const field = document.getElementById("q");

document.addEventListener("htmx:after:swap", () => {
  const address = new URL(location);
  if (field.value.trim()) address.searchParams.set("q", field.value.trim());
  else address.searchParams.delete("q");
  history.replaceState(history.state, "", address);
});
