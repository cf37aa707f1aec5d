// @ts-nocheck - served to browsers as it is, without a build

// Keeps the page current: on a change the server renders it anew, and only the sections that differ are put in place.

const status = document.getElementById('live');
const units = [
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
  ['second', 1],
];
const words = new Intl.RelativeTimeFormat('en', { numeric: 'auto' });

function showAges() {
  for (const time of document.querySelectorAll('time[datetime]')) {
    const seconds = Math.round((Date.parse(time.dateTime) - Date.now()) / 1000);
    if (Number.isNaN(seconds)) continue;
    const [unit, size] = units.find(([, length]) => Math.abs(seconds) >= length) ?? units[3];
    time.title = time.dateTime;
    time.textContent = words.format(Math.trunc(seconds / size), unit);
  }
}

let refreshing = false;
let again = false;

async function refresh() {
  again = refreshing;
  if (refreshing) return;
  refreshing = true;
  try {
    const response = await fetch(location.href, { headers: { accept: 'text/html' } });
    if (response.ok) replaceSections(new DOMParser().parseFromString(await response.text(), 'text/html'));
  } finally {
    refreshing = false;
  }
  if (again) await refresh();
}

function replaceSections(fresh) {
  const wanted = [...fresh.querySelectorAll('main > section')];
  const present = [...document.querySelectorAll('main > section')];
  if (wanted.map(({ id }) => id).join() === present.map(({ id }) => id).join())
    present.forEach((section, index) => replaceSection(section, wanted[index]));
  else document.querySelector('main').replaceWith(fresh.querySelector('main'));
  showAges();
}

const shown = new WeakMap();

/** What is unchanged stays, so that a focus or a selection in it stays too. */
function replaceSection(section, fresh) {
  if (shown.get(section) === fresh.outerHTML) return;
  const focused = section.contains(document.activeElement) ? document.activeElement.getAttribute('href') : null;
  shown.set(fresh, fresh.outerHTML);
  section.replaceWith(fresh);
  if (focused !== null) fresh.querySelector(`a[href="${CSS.escape(focused)}"]`)?.focus();
}

const events = new EventSource('/api/waybill/v1/events');
let opened = false;
events.addEventListener('open', () => {
  status.textContent = 'live';
  if (opened) void refresh();
  opened = true;
});
events.addEventListener('changed', () => void refresh());
events.addEventListener('error', () => {
  status.textContent = 'not connected: trying again';
});

showAges();
setInterval(showAges, 10_000);
// what workflows wait for, and a signature, come without an event
setInterval(() => document.querySelector('[data-waits]') !== null && void refresh(), 5_000);
