/**
 * One line that changes: in place on a terminal, where only its change is worth a line elsewhere.
 * `clear` removes it and returns what it showed last.
 */
export function statusLine(output: NodeJS.WriteStream = process.stdout): { show(line: string): void; clear(): string } {
  let shown = '';
  return {
    show(line) {
      if (line === shown) return;
      shown = line;
      output.write(output.isTTY ? `\r\x1b[2K${line.slice(0, output.columns - 1)}` : `${line}\n`);
    },
    clear() {
      if (output.isTTY && shown !== '') output.write('\r\x1b[2K');
      return shown;
    },
  };
}
