import type { JobCounts } from '../../domain/payload/release-view.ts';
import { html, type Html } from './html.ts';

export function releaseLink({ name, namespace }: { name: string; namespace: string }): Html {
  return html`<a href="/release/${encodeURIComponent(name)}?namespace=${encodeURIComponent(namespace)}">${name}</a>`;
}

/** The word says it; the colour only helps. */
export function phaseBadge(phase: string): Html {
  return html`<span class="phase ${phase.toLowerCase()}">${phase}</span>`;
}

export function progress({ total, succeeded, failed }: JobCounts): Html {
  if (total === 0) return html`none`;
  return html`${succeeded + failed} of ${total}${failed > 0 && html`, <strong class="bad">${failed} failed</strong>`}`;
}

/** The script shows it as time ago. */
export function moment(rfc3339: string | undefined): Html {
  return rfc3339 === undefined ? html`unknown` : html`<time datetime="${rfc3339}">${rfc3339.replace('T', ' ').replace('Z', ' UTC')}</time>`;
}

export function list(items: readonly (string | Html)[]): Html {
  if (items.length === 0) return html`<p>Nothing is known.</p>`;
  return html`<ul>
    ${items.map((item) => html`<li>${item}</li>`)}
  </ul>`;
}

/** A sentence of ours with the addresses in it as links, which say what is there instead of where. */
export function withLinks(sentence: string): Html {
  const parts = sentence.split(/(https?:\/\/[^\s;)]+)/);
  return html`${parts.map((part, index) => (index % 2 === 1 ? outsideLink(part, 'results') : part))}`;
}

/** A link only where it leads to a web page: the address comes from outside. */
export function outsideLink(url: string, text: string): Html {
  return /^https?:\/\//.test(url) ? html`<a href="${url}" rel="noreferrer">${text}</a>` : html`${text}`;
}
