import { readdir, readFile, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { Command } from 'commander';
import { validateQualifiers, validateReleaseConfigs, type ConfigFile, type Finding } from '../../domain/payload/config-validation.ts';
import { toJson } from '../client-options.ts';
import { CommandError, exitCode } from '../exit-codes.ts';
import { printable, type Io } from '../io.ts';
import type { Run } from '../run.ts';

interface Options {
  qualifiers?: string;
  json?: boolean;
}

/** Needs no server, so that a pipeline can run it before the merge. */
export function configValidate(run: Run): Command {
  return new Command('validate')
    .description('find everything that is wrong with release configurations, before they are merged')
    .argument('[file...]', 'files with a release configuration, or folders with files *.json')
    .option('--qualifiers <file>', 'the general configuration of qualifiers (YAML)')
    .option('--json', 'print the findings as JSON')
    .action((paths: string[], options: Options) => run((io) => validate(paths, options, io)));
}

async function validate(paths: string[], options: Options, io: Io) {
  if (paths.length === 0 && options.qualifiers === undefined)
    throw new CommandError(exitCode.usage, 'nothing to validate: name files or folders, or a file with --qualifiers');
  const read = await Promise.all(paths.map((path) => readConfigs(path, io)));
  const configs = read.flatMap(({ files }) => files);
  const findings = [
    ...read.flatMap((each) => each.findings),
    ...validateReleaseConfigs(configs),
    ...(options.qualifiers === undefined ? [] : await checkQualifiers(options.qualifiers, io)),
  ].toSorted((a, b) => (a.file < b.file ? -1 : Number(a.file > b.file)));

  const files = configs.length + (options.qualifiers === undefined ? 0 : 1);
  if (options.json) io.out(toJson({ valid: findings.length === 0, files, findings }));
  else io.out(findings.length === 0 ? `${files} ${files === 1 ? 'file is' : 'files are'} valid\n` : findings.map(line).join(''));
  return findings.length === 0 ? exitCode.ok : exitCode.no;
}

function line({ file, path, reason }: Finding): string {
  return printable(`${file}: ${path === '' ? '' : `${path}: `}${reason}\n`);
}

/** A path that leads to nothing is a finding: a check that checked nothing must not pass. */
async function readConfigs(path: string, io: Io): Promise<{ files: ConfigFile[]; findings: Finding[] }> {
  try {
    const files = await filesAt(path, io);
    if (files.length === 0) return { files: [], findings: [{ file: path, path: '', reason: 'the folder has no files *.json' }] };
    const texts = files.map(async (file) => ({ file, text: await readFile(resolve(io.cwd, file), 'utf8') }));
    return { files: await Promise.all(texts), findings: [] };
  } catch (error) {
    return { files: [], findings: [unreadable(path, error)] };
  }
}

async function filesAt(path: string, { cwd }: Io): Promise<string[]> {
  if (!(await stat(resolve(cwd, path))).isDirectory()) return [path];
  const entries = await readdir(resolve(cwd, path), { recursive: true });
  return entries
    .filter((entry) => entry.endsWith('.json'))
    .toSorted()
    .map((entry) => join(path, entry));
}

async function checkQualifiers(file: string, { cwd }: Io): Promise<Finding[]> {
  const { parseQualifierYaml } = await import('../../activities/qualifier-yaml.ts');
  try {
    return validateQualifiers(file, parseQualifierYaml(await readFile(resolve(cwd, file), 'utf8')));
  } catch (error) {
    return [unreadable(file, error)];
  }
}

function unreadable(file: string, error: unknown): Finding {
  return { file, path: '', reason: `cannot be read: ${error instanceof Error ? error.message : String(error)}` };
}
