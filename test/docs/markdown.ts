import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The project's folder, with a slash at the end. */
export const root = fileURLToPath(new URL('../..', import.meta.url));

const withDocuments = ['docs', 'activities', 'api', 'cli', 'domain', 'infra', 'test', 'workers', 'workflows'];
const isDocument = (path: string) => path.endsWith('.md');

/** Paths of all documents of the project, from its folder. */
export function documents(): string[] {
  const below = withDocuments.flatMap((folder) =>
    readdirSync(root + folder, { recursive: true, encoding: 'utf8' }).map((path) => `${folder}/${path}`),
  );
  return [...readdirSync(root), ...below].filter(isDocument).toSorted();
}

export const textOf = (path: string): string => readFileSync(root + path, 'utf8');

/** A document without its examples. */
export const prose = (path: string): string => textOf(path).replaceAll(/^```[\s\S]*?^```/gm, '');
