export type ParsedDuration = { ok: true; ms: number } | { ok: false; error: string };

const unitMs: Record<string, number> = { ns: 1e-6, us: 1e-3, µs: 1e-3, μs: 1e-3, ms: 1, s: 1000, m: 60_000, h: 3_600_000 };
const part = /(\d+\.?\d*|\.\d+)([^\d.]*)/y;
/** an int64 of nanoseconds, about 292 years */
const longestMs = 9_223_372_036_854.775;

/** Reads a Go duration (`72h`, `1h30m`, `1.5s`; no days) with the messages of Go's time.ParseDuration. */
export function parseGoDuration(text: string): ParsedDuration {
  const unsigned = text.replace(/^[-+]/, '');
  if (unsigned === '0') return { ok: true, ms: 0 };
  const total = sumParts(text, unsigned);
  return typeof total === 'string' ? { ok: false, error: total } : { ok: true, ms: text.startsWith('-') ? -total : total };
}

function sumParts(text: string, unsigned: string): number | string {
  const invalid = `time: invalid duration ${JSON.stringify(text)}`;
  if (unsigned === '') return invalid;
  let total = 0;
  for (let at = 0; at < unsigned.length; at = part.lastIndex) {
    part.lastIndex = at;
    const [, amount, unit] = part.exec(unsigned) ?? [];
    if (amount === undefined) return invalid;
    if (!unit) return `time: missing unit in duration ${JSON.stringify(text)}`;
    const scale = unitMs[unit];
    if (scale === undefined) return `time: unknown unit ${JSON.stringify(unit)} in duration ${JSON.stringify(text)}`;
    total += Number(amount) * scale;
    if (total > longestMs) return invalid;
  }
  return total;
}

/** Writes whole seconds as Go prints a time.Duration: `45s`, `1m0s`, `6h0m0s`; a fraction is cut off. */
export function formatGoSeconds(ms: number): string {
  const seconds = Math.trunc(Math.abs(ms) / 1000);
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor((seconds % 3600) / 60);
  const text = [hours > 0 && `${hours}h`, seconds >= 60 && `${minutes}m`, `${seconds % 60}s`].filter(Boolean).join('');
  return ms < 0 && seconds > 0 ? `-${text}` : text;
}
