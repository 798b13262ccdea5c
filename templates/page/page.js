// Makes the page live and adds buttons that copy. Without it everything works, by hand.
'use strict';

const pieces = new Map();
for (const element of document.querySelectorAll('[data-live]')) pieces.set(element.dataset.live, element);

// A piece that somebody is in the middle of stays as it is.
const show = (name, html) => {
  const element = pieces.get(name);
  const fresh = document.createElement('div');
  fresh.innerHTML = html;
  if (!element || element.contains(document.activeElement) || element.innerHTML === fresh.innerHTML) return;
  const before = element.querySelector('[data-made-at]')?.dataset.madeAt;
  element.replaceChildren(...fresh.childNodes);
  const after = element.querySelector('[data-made-at]')?.dataset.madeAt;
  // A preview was finished: its result is on the page made anew.
  if (after && after !== before) location.replace(location.pathname);
};

// Where a proxy holds the stream back, or there is none, the page is asked for again.
const poll = async () => {
  const response = await fetch(location.href, { headers: { accept: 'text/html' } });
  const page = new DOMParser().parseFromString(await response.text(), 'text/html');
  for (const name of pieces.keys()) {
    const fresh = page.querySelector(`[data-live="${name}"]`);
    if (fresh) show(name, fresh.innerHTML);
  }
};

if (pieces.size > 0) {
  const base = document.querySelector('link[rel="stylesheet"]').getAttribute('href').replace('/style.css', '');
  const stream = new EventSource(`${base}/live?lang=${document.documentElement.lang}`);
  let hasNews = false;
  for (const name of pieces.keys()) {
    stream.addEventListener(name, (event) => {
      hasNews = true;
      show(name, event.data);
    });
  }
  setTimeout(() => {
    if (hasNews) return;
    stream.close();
    setInterval(poll, 5000);
  }, 10000);
}

for (const button of document.querySelectorAll('[data-copy]')) {
  button.hidden = false;
  button.addEventListener('click', async () => {
    const field = document.getElementById(button.dataset.copy);
    field.select();
    try {
      await navigator.clipboard.writeText(field.value);
    } catch {
      // Not allowed here: it is selected, so that Ctrl-C copies it.
      return;
    }
    const label = button.textContent;
    button.textContent = button.dataset.copied;
    setTimeout(() => { button.textContent = label; }, 2000);
  });
}
