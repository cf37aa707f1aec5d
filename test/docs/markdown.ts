import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The project's folder, with a slash at the end. */
export const root = fileURLToPath(new URL('../..', import.meta.url));

/** Paths of all documents of the project, from its folder. */
export function documents(): string[] {
  const listed = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '--', '*.md'], {
    cwd: root,
    encoding: 'utf8',
  });
  return listed.split('\n').filter((path) => path !== '');
}

export const textOf = (path: string): string => readFileSync(root + path, 'utf8');

/** A document without its examples. */
export const prose = (path: string): string => textOf(path).replaceAll(/^```[\s\S]*?^```/gm, '');
