const quietMs = 2_000;
const plainIntervalMs = 15_000;
const spinner = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];

/**
 * Says what is going on while something takes longer than two seconds: one line that counts on a terminal,
 * a plain line every quarter of a minute elsewhere.
 *
 * @template T
 * @param {string} what for example `building etcd 3.6.8 with Go`
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function withProgress(what, work) {
  const started = Date.now();
  const stop = process.stderr.isTTY ? showOnTerminal(what, started) : showPlainly(what, started);
  try {
    const result = await work();
    stop(Date.now() - started >= quietMs ? `${what}: done in ${seconds(started)}` : undefined);
    return result;
  } catch (error) {
    stop(undefined);
    throw error;
  }
}

/** @param {string} what @param {number} started */
function showOnTerminal(what, started) {
  let frame = 0;
  const timer = setInterval(() => {
    if (Date.now() - started < quietMs) return;
    frame += 1;
    process.stderr.write(`\r\x1b[2K${spinner[frame % spinner.length]} ${what} (${seconds(started)})`);
  }, 120);
  return (/** @type {string | undefined} */ last) => {
    clearInterval(timer);
    if (Date.now() - started >= quietMs) process.stderr.write('\r\x1b[2K');
    if (last !== undefined) process.stderr.write(`${last}\n`);
  };
}

/** @param {string} what @param {number} started */
function showPlainly(what, started) {
  const say = () => process.stderr.write(`${what} … (${seconds(started)})\n`);
  /** @type {NodeJS.Timeout | undefined} */
  let repeat;
  const first = setTimeout(() => {
    say();
    repeat = setInterval(say, plainIntervalMs);
  }, quietMs);
  return (/** @type {string | undefined} */ last) => {
    clearTimeout(first);
    clearInterval(repeat);
    if (last !== undefined) process.stderr.write(`${last}\n`);
  };
}

/** @param {number} started */
const seconds = (started) => `${Math.round((Date.now() - started) / 1000)} s`;
