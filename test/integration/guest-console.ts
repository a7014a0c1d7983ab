import assert from 'node:assert/strict';
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { type LocalSandbox, launcher } from './local-cluster.ts';

/** A shell of root inside a guest, over `gantry instance console` with pipes for a terminal. */
export interface GuestShell {
  /**
   * Runs a command and returns what it printed.
   * @throws AssertionError when it does not succeed, or nothing comes back within half a minute
   */
  run(command: string): Promise<string>;
  /** Leaves the console; the shell in the guest stays logged in. */
  leave(): Promise<void>;
}

const patienceMs = 30_000;
/** The tiny OS asks its terminal for the place of the cursor; nobody answers. */
const escapes = /\u001b\[[0-9;]*[a-zA-Z]/g;

/** Opens the console of a running instance, waits until it has booted, and logs in unless somebody is. */
export async function openGuestShell(cluster: LocalSandbox, instance: string): Promise<GuestShell> {
  const child = spawn(launcher, ['instance', 'console', instance], { env: cluster.env });
  const heard = listenTo(child);
  const shell: GuestShell = {
    run: (command) => runInGuest(child, heard, command),
    leave: async () => {
      child.stdin.end();
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    },
  };
  try {
    await logIn(child, heard);
  } catch (error) {
    child.kill('SIGKILL');
    throw error;
  }
  return shell;
}

/** Opens a shell for one command. */
export async function inGuest(cluster: LocalSandbox, instance: string, command: string): Promise<string> {
  const shell = await openGuestShell(cluster, instance);
  try {
    return await shell.run(command);
  } finally {
    await shell.leave();
  }
}

interface Heard {
  /** All that the guest has said since `forget`. */
  text(): string;
  forget(): void;
  /** Resolves when it has said more, the console has ended, or `ms` are over. */
  more(ms: number): Promise<void>;
  /** What went wrong with the console itself. */
  problem(): string;
}

function listenTo(child: ChildProcessWithoutNullStreams): Heard {
  let [text, problem] = ['', ''];
  let wake = (): void => undefined;
  child.stdin.on('error', () => undefined);
  child.stdout.on('data', (piece: Buffer) => {
    text += piece.toString();
    wake();
  });
  child.stderr.on('data', (piece: Buffer) => (problem += piece.toString()));
  child.on('exit', () => wake());
  return {
    text: () => text.replaceAll(escapes, ''),
    forget: () => (text = ''),
    more: (ms) => Promise.race([new Promise<void>((resolve) => (wake = resolve)), sleep(ms)]),
    problem: () => problem,
  };
}

/** A line is sent again and again until the guest reacts: one that still boots hears nothing. */
async function logIn(child: ChildProcessWithoutNullStreams, heard: Heard): Promise<void> {
  const deadline = performance.now() + patienceMs;
  let sentAt = 0;
  while (performance.now() < deadline && child.exitCode === null) {
    const text = heard.text();
    if (/# $/.test(text)) return;
    const asksForName = /login: $/.test(text);
    if (asksForName || performance.now() - sentAt > 1000) {
      heard.forget();
      child.stdin.write(asksForName ? 'root\n' : '\n');
      sentAt = performance.now();
    }
    await heard.more(250);
  }
  assert.fail(`nobody could log in; the console said: ${heard.text().slice(-400)} ${heard.problem()}`);
}

async function runInGuest(child: ChildProcessWithoutNullStreams, heard: Heard, command: string): Promise<string> {
  heard.forget();
  // The quotes keep the echo of the line from looking like the marks themselves.
  child.stdin.write(`echo "<""begin>"; ${command}; echo "<""end $?>"\n`);
  const deadline = performance.now() + patienceMs;
  while (performance.now() < deadline && child.exitCode === null) {
    const [, output, code] = /<begin>\r?\n([^]*)<end (\d+)>/.exec(heard.text()) ?? [];
    if (output !== undefined) {
      assert.equal(code, '0', `${command}\n${output}`);
      return output.replaceAll('\r', '').trim();
    }
    await heard.more(250);
  }
  return assert.fail(`no answer to "${command}"; the console said: ${heard.text().slice(-400)} ${heard.problem()}`);
}
