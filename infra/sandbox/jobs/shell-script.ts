/** Something that bash would refuse, or that this shell does not know. */
export class ShellError extends Error {
  override name = 'ShellError';
}

/** One simple command. */
export interface Command {
  words: string[];
  /** the file that its output goes to */
  output?: string;
  /** it follows `||`: only for when the command before it failed */
  orElse?: true;
  /** it follows `if`, and may fail; the next ones follow `then`: only for when it did not */
  branch?: 'condition' | 'then';
}

interface Scope {
  /** `$0`, `$1`, … */
  parameters: readonly string[];
  environment: Readonly<Record<string, string>>;
}

/**
 * Takes a script of simple commands apart, with bash's quoting and the expansion of parameters and variables. Output may
 * go to a file (`> FILE`) or to the log (`>&2`), a group may follow for a command that fails (`a || { b; c; }`), and commands may depend on another (`if a; then b; c; fi`). Pipes, other
 * redirections, substitutions and control structures are refused, not skipped.
 *
 * @throws ShellError
 */
export function parseScript(script: string, scope: Scope): Command[] {
  return new ScriptReader(script, scope).read();
}

const keywords = new Map<string, { after: Command['branch']; begins: Command['branch'] }>([
  ['if', { after: undefined, begins: 'condition' }],
  ['then', { after: 'condition', begins: 'then' }],
  ['fi', { after: 'then', begins: undefined }],
]);

class ScriptReader {
  readonly #script: string;
  readonly #scope: Scope;
  #position = 0;
  #line = 1;
  #commands: Command[] = [];
  #words: string[] = [];
  /** undefined between words: an empty word is a word too */
  #word: string | undefined;
  /** of the command that is being read: undefined without `>`, empty until the word after it has ended */
  #output: string | undefined;
  /** inside of a group that follows `||` */
  #orElse: 'to begin' | 'begun' | undefined;
  /** inside of `if`, and then of `then` */
  #branch: Command['branch'];
  #unsetIsError = false;

  constructor(script: string, scope: Scope) {
    this.#script = script;
    this.#scope = scope;
  }

  read(): Command[] {
    for (let next = this.#take(); next !== undefined; next = this.#take()) this.#unquoted(next);
    this.#endCommand();
    if (this.#orElse !== undefined || this.#branch !== undefined) throw this.#error('unexpected end of file');
    return this.#commands;
  }

  #take(): string | undefined {
    const next = this.#script[this.#position];
    this.#position += 1;
    if (next === '\n') this.#line += 1;
    return next;
  }

  #unquoted(next: string): void {
    if (next === ' ' || next === '\t') return this.#endWord();
    if (next === '\n' || next === ';') return this.#endCommand();
    if (next === '#' && this.#word === undefined) return this.#skipComment();
    if (next === "'") return this.#add(this.#upTo("'"));
    if (next === '"') return this.#quoted();
    if (next === '\\') return this.#escaped();
    if (next === '$') return this.#expansion(false);
    if (next === '&' && this.#script[this.#position] === '&') return this.#and();
    if (next === '|' && this.#script[this.#position] === '|' && this.#orElse === undefined) return this.#or();
    if ('{}'.includes(next) && this.#word === undefined && this.#isGroupEdge(next)) return;
    if (next === '>' && this.#isToLog()) return void (this.#position += '&2'.length);
    if (next === '>' && this.#isPlainRedirection()) return this.#redirect();
    if ('|&<>()`{}'.includes(next)) throw this.#error(`the sandbox's shell does not know "${next}"`);
    this.#add(next);
  }

  #quoted(): void {
    this.#add('');
    for (let next = this.#take(); next !== '"'; next = this.#take()) {
      if (next === undefined) throw this.#error('unexpected EOF while looking for matching `"\'');
      if (next === '`') throw this.#error('the sandbox\'s shell does not know "`"');
      if (next === '$') this.#expansion(true);
      else if (next === '\\' && '$`"\\\n'.includes(this.#script[this.#position] ?? ' ')) this.#escaped();
      else this.#add(next);
    }
  }

  #escaped(): void {
    const next = this.#take();
    if (next !== undefined && next !== '\n') this.#add(next);
  }

  #expansion(quoted: boolean): void {
    const [text, braced, plain] = /^(?:\{(\w+)\}|([A-Za-z_]\w*|\d))/.exec(this.#script.slice(this.#position)) ?? [];
    if (text === undefined) throw this.#error(`the sandbox's shell does not know "$${this.#script[this.#position] ?? ''}"`);
    this.#position += text.length;
    const value = this.#valueOf(braced ?? plain ?? '');
    if (quoted || value !== '') this.#add(value);
  }

  #valueOf(name: string): string {
    const value = /^\d+$/.test(name) ? this.#scope.parameters[Number(name)] : this.#scope.environment[name];
    if (value === undefined && this.#unsetIsError) throw this.#error(`${/^\d/.test(name) ? `$${name}` : name}: unbound variable`);
    return value ?? '';
  }

  #upTo(end: string): string {
    const close = this.#script.indexOf(end, this.#position);
    if (close === -1) throw this.#error(`unexpected EOF while looking for matching \`${end}'`);
    const text = this.#script.slice(this.#position, close);
    this.#position = close + 1;
    return text;
  }

  #skipComment(): void {
    const end = this.#script.indexOf('\n', this.#position);
    this.#position = end === -1 ? this.#script.length : end;
  }

  /** `>&2`: errors stand in the log as everything else does. */
  #isToLog(): boolean {
    return this.#word === undefined && /^&2(?![^\s;])/.test(this.#script.slice(this.#position));
  }

  /** Not `>>`, `2>` or `>&`. */
  #isPlainRedirection(): boolean {
    return this.#output === undefined && !/^\d+$/.test(this.#word ?? '') && !'>&|('.includes(this.#script[this.#position] ?? ' ');
  }

  #redirect(): void {
    this.#endWord();
    this.#output = '';
  }

  #or(): void {
    this.#take();
    this.#endCommand();
    this.#orElse = 'to begin';
  }

  /** `{` right after `||`, and `}` after the last command of the group. */
  #isGroupEdge(edge: string): boolean {
    if (this.#words.length > 0 || this.#orElse !== (edge === '{' ? 'to begin' : 'begun')) return false;
    this.#orElse = edge === '{' ? 'begun' : undefined;
    return true;
  }

  #and(): void {
    this.#take();
    this.#endCommand();
  }

  #add(text: string): void {
    this.#word = (this.#word ?? '') + text;
  }

  #endWord(): void {
    const word = this.#word;
    this.#word = undefined;
    if (word === undefined) return;
    if (this.#output === '') this.#output = word;
    else this.#words.push(word);
  }

  #endCommand(): void {
    this.#endWord();
    if (this.#output === '') throw this.#error("syntax error near unexpected token `newline'");
    this.#keyword();
    if (this.#words.length > 0 && this.#orElse === 'to begin') throw this.#error('the sandbox\'s shell knows "||" before a group only');
    if (this.#words.length > 0)
      this.#commands.push({
        words: this.#words,
        ...(this.#output === undefined ? {} : { output: this.#output }),
        ...(this.#orElse === undefined ? {} : { orElse: true }),
        ...(this.#branch === undefined ? {} : { branch: this.#branch }),
      });
    this.#output = undefined;
    if (this.#words[0] === 'set' && this.#words.some((word) => /^-[a-z]*u/.test(word))) this.#unsetIsError = true;
    this.#words = [];
  }

  /** `if`, `then` and `fi` begin a command; one command is the condition, and nothing is nested. */
  #keyword(): void {
    const [first] = this.#words;
    const known = first === undefined ? undefined : keywords.get(first);
    if (known === undefined) {
      if (first !== undefined && this.#branch === 'condition')
        throw this.#error('the sandbox\'s shell does not know several commands after "if"');
      return;
    }
    if (this.#branch !== known.after) throw this.#error(`syntax error near unexpected token \`${first}'`);
    this.#branch = known.begins;
    this.#words.shift();
  }

  #error = (message: string) => new ShellError(`bash: line ${this.#line}: ${message}`);
}
