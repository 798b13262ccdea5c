// Reloads the planning every second, so that a new absence becomes visible. It replaces only the elements that
// changed, so that the scroll position, the keyboard focus and the filter stay the same.
const reload = async () => {
  if (document.hidden) return;
  const response = await fetch(location.href);
  if (!response.ok) return;
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  for (const element of document.querySelectorAll("[data-live]")) {
    const reloaded = page.getElementById(element.id);
    if (!reloaded || reloaded.innerHTML === element.innerHTML) continue;
    const focusedId = element.contains(document.activeElement) ? document.activeElement.id : "";
    element.innerHTML = reloaded.innerHTML;
    if (focusedId) document.getElementById(focusedId)?.focus({ preventScroll: true });
  }
};
// While the simulator restarts, a request fails; a later one succeeds.
setInterval(() => reload().catch(() => {}), 1000);
