import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { BenchStack } from './bench-stack.ts';
import { defineJobs, jobNames } from './bench-streams.ts';
import { measureIdle } from './idle.ts';
import { measureReactions } from './reaction.ts';
import { measureRelease } from './release-run.ts';
import { measureLongLife, measureScale } from './scale.ts';
import { measureTagCreation } from './tag-creation.ts';

/*
 * npm run bench: the figures of docs/performance.md, each measured on a fresh local stack. `--write` puts them there.
 */

type Row = [what: string, figure: string, target: string];
const ms = (value: number) => `${Math.round(value)} ms`;

async function withStack<T>(run: (bench: BenchStack) => Promise<T>): Promise<T> {
  const bench = await BenchStack.start();
  const giveUp = () => void bench.stop().finally(() => process.exit(1));
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, giveUp);
  try {
    return await run(bench);
  } finally {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.off(signal, giveUp);
    await bench.stop();
  }
}

/** A stack for each size: releases that earlier samples began go on beside the later ones. */
async function tagCreation(): Promise<Row[]> {
  const rows: Row[] = [];
  for (const tags of [10, 100, 1_000]) {
    const { p50, p95, plainWriteP50 } = await withStack(async (bench) => {
      await bench.startWorker();
      return measureTagCreation(bench, tags);
    });
    const target = tags < 1_000 ? 'p50 ≤ 60 ms' : `p50 ≤ 1.5 plain writes + 50 ms = ${ms(1.5 * plainWriteP50 + 50)}`;
    const seen = `p50 ${ms(p50)}, p95 ${ms(p95)}; one plain write ${ms(plainWriteP50)}`;
    rows.push([`image change → tag and payload visible, ${tags} tags in the target`, seen, target]);
  }
  return rows;
}

async function releases(): Promise<Row[]> {
  return withStack(async (bench) => {
    await defineJobs(bench, jobNames(100));
    await bench.startSandbox();
    await bench.startWorker();
    // The first release pays for everything that is loaded and compiled once.
    await measureRelease(bench, 1);
    const rows: Row[] = [];
    for (const [jobs, seconds] of [
      [13, 3],
      [95, 6],
      [500, Number.NaN],
    ] as const) {
      const run = await measureRelease(bench, jobs);
      const perJob = 2.2 * jobs + 40;
      rows.push([
        `image change → Accepted, ${jobs} ProwJobs that end at once`,
        ms(run.acceptedMs),
        Number.isNaN(seconds) ? '' : `≤ ${seconds} s`,
      ]);
      rows.push([`payload Ready → ${jobs} ProwJobs created (to the second)`, ms(run.allStartedMs), jobs === 500 ? '≤ 4 s' : '']);
      rows.push([
        `Temporal actions and history of that release`,
        `${run.actions} actions, ${Math.round(run.historyBytes / 1024)} KiB`,
        `≤ 2.2 a job + 40 = ${Math.round(perJob)}`,
      ]);
    }
    return rows;
  });
}

async function reactions(): Promise<Row[]> {
  return withStack(async (bench) => {
    await defineJobs(bench, jobNames(100));
    await bench.startWorker();
    const { prowJobP50, jobMs, payloadMs } = await measureReactions(bench);
    return [
      ['ProwJob ends → result in the payload', `p50 ${ms(prowJobP50)}`, 'p50 ≤ 300 ms'],
      ['release Job ends → payload Ready', ms(jobMs), '≤ 300 ms'],
      ['override set → tag says Accepted', ms(payloadMs), '≤ 300 ms'],
    ];
  });
}

async function idle(): Promise<Row[]> {
  return withStack(async (bench) => {
    const { residentMiB, cpuShare, catchUpMs } = await measureIdle(bench, await bench.startWorker());
    return [
      ['worker, idle, 50 streams and 1,000 finished releases: memory', `${Math.round(residentMiB)} MiB`, '≤ 400 MiB'],
      ['the same: CPU', `${(cpuShare * 100).toFixed(1)} % of a core`, '≤ 2 %'],
      ['worker started after a change while none ran → tag and payload visible, start-up included', ms(catchUpMs), '≤ 3 s'],
    ];
  });
}

/** Everything of a large installation at once. */
async function scale(): Promise<Row[]> {
  return withStack(async (bench) => {
    await defineJobs(bench, jobNames(2));
    await bench.startSandbox();
    const worker = await bench.startWorker();
    const { acceptedMs, jobs, residentMiB, cpuSeconds, longestHistory } = await measureScale(bench, worker);
    return [
      [`60 streams, 3,000 tags, 10 releases at once with ${jobs} ProwJobs together: first image change → all Accepted`, ms(acceptedMs), ''],
      ['the same: memory of the worker at its highest', `${Math.round(residentMiB)} MiB`, ''],
      ['the same: CPU of the worker', `${cpuSeconds.toFixed(1)} s`, ''],
      ['the same: longest history of a stream, release or verification', `${longestHistory} events`, ''],
    ];
  });
}

/** A stream that has lived for long. */
async function life(): Promise<Row[]> {
  return withStack(async (bench) => {
    await defineJobs(bench, jobNames(2));
    await bench.startSandbox();
    const { events, runs, firstAnswerMs } = await measureLongLife(bench, await bench.startWorker());
    return [
      [`a stream after ${events} events in ${runs} runs: its first answer from a worker that never saw it`, ms(firstAnswerMs), '≤ 1 s'],
    ];
  });
}

const parts = { creation: tagCreation, releases, reactions, idle, scale, life };
const wanted = process.argv.slice(2).filter((argument) => argument in parts) as (keyof typeof parts)[];
const rows: Row[] = [];
for (const part of wanted.length > 0 ? wanted : (Object.keys(parts) as (keyof typeof parts)[])) {
  console.error(`bench: ${part}`);
  for (const row of await parts[part]()) {
    rows.push(row);
    console.log(row.join(' | '));
  }
}

if (process.argv.includes('--write')) {
  const path = join(import.meta.dirname, '..', '..', 'docs', 'performance.md');
  const table = ['| what | seen | wanted |', '|---|---|---|', ...rows.map((row) => `| ${row.join(' | ')} |`)].join('\n');
  const page = readFileSync(path, 'utf8');
  writeFileSync(path, page.replace(/(<!-- figures -->\n)[\s\S]*?(<!-- end of figures -->)/, `$1${table}\n$2`));
}
