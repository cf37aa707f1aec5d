import type { JobView, ReleaseView } from '../../domain/payload/release-view.ts';
import { html, type Html } from './html.ts';
import { layout } from './layout.ts';
import { list, moment, outsideLink, phaseBadge, progress, withLinks } from './parts.ts';

/** One release: where it is, why, what comes next, and its jobs. */
export function releasePage(view: ReleaseView): string {
  const { name, stream, phase, stage, created, summary, reasons, nextSteps, jobs, audit, pullSpec, digest } = view;
  return layout(
    name,
    html`<section id="release-${name}" aria-label="State of ${name}" ${stage !== 'done' && html` data-waits`}>
      <p class="facts">
        ${phaseBadge(phase)} in stream ${stream}, made ${moment(created)}. Blocking jobs: ${progress(summary.blocking)}; all jobs:
        ${progress(summary.all)}.
      </p>
      <h2>Why</h2>
      ${list(reasons.map(withLinks))}
      <h2>What comes next</h2>
      ${list(nextSteps)}
      ${
        pullSpec !== '' &&
        html`<h2>Image</h2>
          <p><code>${pullSpec}</code></p>
          ${digest !== undefined && html`<p><code>${digest}</code></p>`}`
      }
      ${
        audit !== undefined &&
        html`<h2>Audit</h2>
          ${list([`record: ${audit.record}`, `signature: ${audit.signature}`])}`
      }
      <h2>Jobs</h2>
      ${jobs.length === 0 ? html`<p>None are known.</p>` : jobTable(jobs)}
    </section> `,
  );
}

function jobTable(jobs: readonly JobView[]): Html {
  return html`<table>
    <caption class="unseen">
      Verification jobs
    </caption>
    <thead>
      <tr>
        <th scope="col">Job</th>
        <th scope="col">Kind</th>
        <th scope="col">State</th>
        <th scope="col">Runs</th>
      </tr>
    </thead>
    <tbody>
      ${jobs.map(row)}
    </tbody>
  </table>`;
}

function row({ name, kind, state, runs, url, note, analysisRuns }: JobView): Html {
  const count = analysisRuns === undefined ? `${runs.length}` : `${runs.length} of ${analysisRuns}`;
  return html`<tr>
    <th scope="row">${outsideLink(url, name)}</th>
    <td>${kind}</td>
    <td><span class="job ${state.toLowerCase()}">${state}</span>${note !== undefined && html` (${note})`}</td>
    <td>${count}</td>
  </tr> `;
}
