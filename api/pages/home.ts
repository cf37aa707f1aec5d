import type { ReleaseListItem, StreamView } from '../../domain/payload/stream-view.ts';
import { html, type Html } from './html.ts';
import { layout } from './layout.ts';
import { moment, phaseBadge, progress, releaseLink } from './parts.ts';

export interface HomeStream {
  view: StreamView;
  /** newest first */
  recent: ReleaseListItem[];
}

/** All streams with their newest releases. */
export function homePage(streams: readonly HomeStream[]): string {
  const content =
    streams.length === 0 ? html`<p>No image stream is configured as a release stream yet.</p>` : html`${streams.map(section)}`;
  return layout('Release streams', content);
}

/** The script replaces a section as a whole when its stream changes. */
function section({ view, recent }: HomeStream): Html {
  const { name, namespace, imageStream, problem, kind, endOfLife } = view;
  return html`<section id="stream-${name}" aria-labelledby="heading-${name}">
    <h2 id="heading-${name}">${name}</h2>
    <p class="facts">${kind} stream of <code>${namespace}/${imageStream}</code>${endOfLife && ', at its end of life'}. ${census(view)}</p>
    ${problem !== undefined && html`<p class="problem">Not driven: ${problem}</p>`} ${recent.length > 0 && table(name, recent)}
  </section> `;
}

function census({ releases }: StreamView): string {
  const counted = Object.entries(releases).filter(([, count]) => count > 0);
  return counted.length === 0 ? 'No releases yet.' : `${counted.map(([phase, count]) => `${count} ${phase}`).join(', ')}.`;
}

function table(stream: string, recent: readonly ReleaseListItem[]): Html {
  return html`<table>
    <caption class="unseen">
      Newest releases of ${stream}
    </caption>
    <thead>
      <tr>
        <th scope="col">Release</th>
        <th scope="col">Phase</th>
        <th scope="col">Blocking jobs</th>
        <th scope="col">All jobs</th>
        <th scope="col">Made</th>
      </tr>
    </thead>
    <tbody>
      ${recent.map(row)}
    </tbody>
  </table>`;
}

function row(release: ReleaseListItem): Html {
  const { phase, summary, created } = release;
  return html`<tr>
    <th scope="row">${releaseLink(release)}</th>
    <td>${phaseBadge(phase)}</td>
    <td>${progress(summary.blocking)}</td>
    <td>${progress(summary.all)}</td>
    <td>${moment(created)}</td>
  </tr> `;
}
