// Renews the planning every second, so that an absence is seen to arrive. Only what changed is replaced, so that
// scrolling, the keyboard's focus and the filter stay as they are.
const renew = async () => {
  if (document.hidden) return;
  const answer = await fetch(location.href);
  if (!answer.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const shown of document.querySelectorAll("[data-live]")) {
    const renewed = page.getElementById(shown.id);
    if (!renewed || renewed.innerHTML === shown.innerHTML) continue;
    const focused = shown.contains(document.activeElement) ? document.activeElement.id : "";
    shown.innerHTML = renewed.innerHTML;
    if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
  }
};
// A service that is being restarted is no error.
setInterval(() => renew().catch(() => {}), 1000);
