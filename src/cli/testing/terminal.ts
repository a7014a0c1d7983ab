import { stripVTControlCharacters } from 'node:util';
import { spawn } from '@lydell/node-pty';
import { gantryCommand, gantryEnvironment } from './run-gantry.ts';

/** A terminal in which a program runs. */
export interface TestTerminal {
  readonly pid: number;
  /** All that was written so far, with its control sequences. */
  text(): string;
  /** The lines as they are left on the screen, without control sequences and empty lines. */
  lines(): string[];
  type(text: string): void;
  /** Resolves when the text matches; rejects when the program ends before. */
  until(pattern: RegExp): Promise<void>;
  /** The exit code. */
  readonly exit: Promise<number>;
}

/** Runs the real command line in a terminal of 100 columns. */
export function openTerminal(args: readonly string[], env: Record<string, string>): TestTerminal {
  const [node, ...before] = gantryCommand;
  return runInTerminal(node, [...before, ...args], env);
}

export function runInTerminal(program: string, args: readonly string[], env: Record<string, string>): TestTerminal {
  const pty = spawn(program, [...args], {
    name: 'xterm-256color',
    cols: 100,
    rows: 30,
    env: { LANG: 'C.UTF-8', TERM: 'xterm-256color', ...gantryEnvironment(env) },
  });
  let text = '';
  let ended = false;
  const watchers = new Set<() => void>();
  pty.onData((piece) => {
    text += piece;
    for (const watcher of watchers) watcher();
  });
  const exit = new Promise<number>((resolve) => {
    pty.onExit(({ exitCode }) => {
      ended = true;
      for (const watcher of watchers) watcher();
      resolve(exitCode);
    });
  });
  return {
    pid: pty.pid,
    exit,
    text: () => text,
    // What follows the last "clear line" is what stays in the line.
    lines: () =>
      text
        .split('\n')
        .map((line) => stripVTControlCharacters(line.split('\u001b[2K').at(-1) ?? '').trimEnd())
        .filter(Boolean),
    type: (typed) => pty.write(typed),
    until: (pattern) =>
      new Promise((resolve, reject) => {
        const look = () => {
          if (pattern.test(text)) resolve();
          else if (ended) reject(new Error(`ended without ${pattern}: ${text}`));
          else return;
          watchers.delete(look);
        };
        watchers.add(look);
        look();
      }),
  };
}
