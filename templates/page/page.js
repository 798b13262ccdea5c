// Makes the page live and adds buttons that copy. Without it everything works, by hand.
'use strict';

// Asks for this page again and puts what changed in its place, but for what somebody is in the middle of.
const refresh = async () => {
  const response = await fetch(location.href, { headers: { accept: 'text/html', 'x-watching': 'yes' } });
  const page = new DOMParser().parseFromString(await response.text(), 'text/html');
  if (!page.querySelector('[data-live]')) return location.reload();
  for (const piece of document.querySelectorAll('[data-live]')) {
    const fresh = page.querySelector(`[data-live="${piece.dataset.live}"]`);
    if (!fresh || piece.innerHTML === fresh.innerHTML || piece.contains(document.activeElement)) continue;
    piece.replaceChildren(...fresh.childNodes);
  }
};

// However fast the news, one question at a time.
let asking = null;
let askAgain = false;
const news = async () => {
  askAgain = true;
  if (asking) return;
  while (askAgain) {
    askAgain = false;
    asking = refresh().catch(() => {});
    await asking;
  }
  asking = null;
};

// Listens until the page is left: a browser may keep a page that was left, and its few connections with it.
const listen = () => {
  const base = document.querySelector('link[rel="stylesheet"]').getAttribute('href').replace('/style.css', '');
  const stream = new EventSource(`${base}/live`);
  let polling = null;
  // Where a proxy holds the stream back, the page asks without being told.
  const silence = setTimeout(() => {
    stream.close();
    polling = setInterval(news, 5000);
  }, 10000);
  stream.addEventListener('hello', () => {
    clearTimeout(silence);
    // Nobody tells what changed between this page and now, nor between two streams.
    news();
  });
  stream.addEventListener('changed', news);
  addEventListener('pagehide', () => {
    stream.close();
    clearTimeout(silence);
    clearInterval(polling);
  }, { once: true });
};

if (document.querySelector('[data-live]')) {
  listen();
  addEventListener('pageshow', (event) => {
    if (!event.persisted) return;
    // At once: whoever signed out meanwhile is shown nothing.
    news();
    listen();
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
      // Not allowed here: it is selected, so that Ctrl-C copies it.
      return;
    }
    const label = button.textContent;
    button.textContent = button.dataset.copied;
    setTimeout(() => { button.textContent = label; }, 2000);
  });
}
