// Shows by itself what changed, and adds buttons that copy. Without scripts, the page works with reloading by hand.
'use strict';

const POLL_INTERVAL = 3000;

// The parts of the page that the server may change, each with its content as the server last sent it. A part that the
// visitor changed, for example by opening a <details>, thus stays as it is until the server has something new.
const parts = new Map([...document.querySelectorAll('[data-live]')].map((part) => [part, part.innerHTML]));

// Whether the visitor fills in a form in this part, or opened a <details> there.
const isInUse = (part) => {
  const active = document.activeElement;
  return part.contains(active) && (active.matches('input, select, textarea') || active.closest('details[open]'));
};

// Replaces the content. What had the focus gets it again, if it is still there.
const replace = (part, fresh) => {
  const active = part.contains(document.activeElement) ? document.activeElement : null;
  part.replaceChildren(...fresh.childNodes);
  const isSame = (element) => element.textContent === active.textContent && element.href === active.href;
  if (active) [...part.querySelectorAll(active.tagName)].find(isSame)?.focus({ preventScroll: true });
};

// Fetches this page again and replaces the parts that changed, except those that the visitor uses.
const refresh = async () => {
  const response = await fetch(location.href, {
    headers: { accept: 'text/html', 'x-watching': 'yes' },
    signal: AbortSignal.timeout(10000),
  });
  // The service may be restarting: the next poll tries again.
  if (!response.ok) return;
  const page = new DOMParser().parseFromString(await response.text(), 'text/html');
  // The session ended: the reload shows the sign-in form.
  if (!page.querySelector('[data-live]')) return location.reload();
  for (const [part, content] of parts) {
    const fresh = page.querySelector(`[data-live="${part.dataset.live}"]`);
    if (!fresh || fresh.innerHTML === content || isInUse(part)) continue;
    parts.set(part, fresh.innerHTML);
    replace(part, fresh);
  }
};

const poll = async () => {
  if (!document.hidden) await refresh().catch(() => {});
  setTimeout(poll, POLL_INTERVAL);
};

if (parts.size > 0) {
  setTimeout(poll, POLL_INTERVAL);
  // The browser shows a page that it kept: an admin who signed out meanwhile must not see it.
  addEventListener('pageshow', (event) => {
    if (event.persisted) refresh().catch(() => {});
  });
}

for (const button of document.querySelectorAll('[data-copy]')) {
  button.hidden = false;
  button.addEventListener('click', async () => {
    const field = document.getElementById(button.dataset.copy);
    field.select();
    try {
      await navigator.clipboard.writeText(field.value);
    } catch {
      // The browser does not allow it. The text is selected, so that Ctrl-C copies it.
      return;
    }
    const label = button.textContent;
    button.textContent = button.dataset.copied;
    setTimeout(() => { button.textContent = label; }, 2000);
  });
}
