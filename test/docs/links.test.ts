import { existsSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, test } from 'vitest';
import { documents, prose, root, textOf } from './markdown.ts';

const link = /\]\(([^)\s]+)\)/g;
const mention = /`((?:activities|api|cli|docs|domain|infra|test|workers|workflows)\/[\w./-]+)`/g;
const heading = /^#+ (.+)$/gm;

/** Where a relative link leads to, from the project's folder; addresses of other sites are left out. */
const linksOf = (document: string) =>
  [...prose(document).matchAll(link)].flatMap(([, target = '']) => {
    if (/^[a-z]+:/.test(target)) return [];
    const [path = '', section] = target.split('#');
    return [{ path: path === '' ? document : normalize(join(dirname(document), path)), section }];
  });

/** The name that a heading is linked by. */
const anchorOf = (text: string) =>
  text
    .toLowerCase()
    .replaceAll(/[^\w\s-]/g, '')
    .trim()
    .replaceAll(/\s/g, '-');
const anchorsOf = (document: string) => [...textOf(document).matchAll(heading)].map(([, text = '']) => anchorOf(text));

describe.each(documents())('%s', (document) => {
  test('links to what is there', () => {
    expect(linksOf(document).filter(({ path }) => !existsSync(root + path))).toEqual([]);
  });

  test('links to sections that are there', () => {
    const missing = linksOf(document).filter(({ path, section }) => section !== undefined && !anchorsOf(path).includes(section));
    expect(missing).toEqual([]);
  });

  test('names files that are there', () => {
    const named = [...prose(document).matchAll(mention)].map(([, path = '']) => path);
    expect(named.filter((path) => !existsSync(root + path))).toEqual([]);
  });
});
