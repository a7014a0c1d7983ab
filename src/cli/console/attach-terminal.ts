import type { Duplex, Readable, Writable } from 'node:stream';
import { GantryError } from '../../base/index.ts';
import { paint } from '../output/print.ts';

/** Ctrl-], the key that leaves. */
const escapeByte = 0x1d;
/** Colours off, cursor on, no mouse reports, no bracketed paste: what a guest may have left on. */
const calmTerminal = '\x1b[0m\x1b[?25h\x1b[?1000l\x1b[?1002l\x1b[?2004l';

export interface Terminal {
  readonly stdin: Readable & { isTTY?: boolean; setRawMode?(raw: boolean): unknown };
  readonly stdout: Writable & { isTTY?: boolean };
  readonly stderr: Writable & { isTTY?: boolean };
}

/**
 * Joins a console and a terminal until Ctrl-] is typed or the console ends; without a terminal, until the console has been
 * silent for `lingerMs` after the end of the input. The terminal is left as it was, whatever happens.
 * @returns whether it was left; else the console has ended, and it is for the caller to tell why
 * @throws CLI_CONSOLE_UNAVAILABLE when the connection breaks
 */
export async function attachTerminal(
  stream: Duplex,
  terminal: Terminal,
  { instance, lingerMs }: { readonly instance: string; readonly lingerMs: number },
): Promise<boolean> {
  const { stdin, stdout, stderr } = terminal;
  const interactive = stdin.isTTY === true && stdin.setRawMode !== undefined;
  const note = (text: string) => stderr.write(`${paint('gray', text, stderr)}\r\n`);
  note(interactive ? `Connected to ${instance}. Leave with Ctrl-].` : `Connected to ${instance}.`);
  const restore = interactive ? takeTerminal(terminal) : () => {};
  try {
    const left = await exchange(stream, stdin, stdout, interactive, lingerMs);
    restore();
    if (left) note(`\r\nLeft the console; ${instance} keeps running.`);
    return left;
  } catch (error) {
    throw new GantryError('CLI_CONSOLE_UNAVAILABLE', { instance, detail: (error as Error).message }, { cause: error });
  } finally {
    restore();
    stdin.pause();
    stream.destroy();
  }
}

/** Raw mode, and its end on every way out of the program. */
function takeTerminal({ stdin, stdout }: Terminal): () => void {
  stdin.setRawMode?.(true);
  let taken = true;
  const restore = () => {
    if (!taken) return;
    taken = false;
    stdin.setRawMode?.(false);
    if (stdout.isTTY) stdout.write(calmTerminal);
    process.off('exit', restore);
    for (const signal of fatalSignals) process.off(signal, quit);
  };
  const quit = () => {
    restore();
    process.exit(1);
  };
  process.on('exit', restore);
  for (const signal of fatalSignals) process.on(signal, quit);
  return restore;
}

const fatalSignals = ['SIGTERM', 'SIGHUP'] as const;

/** Resolves with true when the user left, false when the console ended. */
function exchange(stream: Duplex, stdin: Readable, stdout: Writable, interactive: boolean, lingerMs: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    let silence: NodeJS.Timeout | undefined;
    let inputEnded = false;
    const settle = (end: () => void) => {
      clearTimeout(silence);
      stdin.off('data', onInput).off('end', onInputEnd);
      end();
    };
    const leave = () => settle(() => resolve(true));
    const onInput = (piece: Buffer) => {
      const escape = interactive ? piece.indexOf(escapeByte) : -1;
      const typed = escape < 0 ? piece : piece.subarray(0, escape);
      if (typed.length > 0 && !stream.write(typed)) {
        stdin.pause();
        stream.once('drain', () => stdin.resume());
      }
      if (escape >= 0) leave();
    };
    const awaitSilence = () => {
      clearTimeout(silence);
      silence = setTimeout(leave, lingerMs);
    };
    const onInputEnd = () => {
      inputEnded = true;
      if (interactive) leave();
      else awaitSilence();
    };
    stream.on('data', (piece: Buffer) => {
      if (inputEnded) awaitSilence();
      if (stdout.write(piece)) return;
      stream.pause();
      stdout.once('drain', () => stream.resume());
    });
    stream.once('end', () => settle(() => resolve(false)));
    stream.once('close', () => settle(() => resolve(false)));
    stream.once('error', (error) => settle(() => reject(error)));
    stdin.on('data', onInput).on('end', onInputEnd);
    // An earlier console may have paused it.
    stdin.resume();
  });
}
