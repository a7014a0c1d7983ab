import assert from 'node:assert/strict';
import { Duplex, PassThrough, Writable } from 'node:stream';
import { test } from 'node:test';
import { attachTerminal, type Terminal } from './attach-terminal.ts';

/** The cluster's side of a console. */
class FakeConsole extends Duplex {
  sent = '';
  /** Answers of `write`: false makes the sender wait. */
  full = false;
  override _read(): void {}
  override _write(piece: Buffer, _encoding: string, done: () => void): void {
    this.sent += piece.toString('latin1');
    done();
  }
  override write(piece: Buffer): boolean {
    return super.write(piece) && !this.full;
  }
}

function attach({ tty = true, lingerMs = 20 }: { tty?: boolean; lingerMs?: number } = {}) {
  const console = new FakeConsole();
  const raw: boolean[] = [];
  const stdin = Object.assign(new PassThrough(), tty ? { isTTY: true, setRawMode: (on: boolean) => raw.push(on) } : {});
  let [out, err] = ['', ''];
  const stdout: Terminal['stdout'] = new Writable({ write: (piece: Buffer, _, done) => done(void (out += piece.toString('latin1'))) });
  const stderr: Terminal['stderr'] = new Writable({ write: (piece: Buffer, _, done) => done(void (err += piece.toString())) });
  if (tty) stdout.isTTY = true;
  const listeners = process.listenerCount('SIGTERM') + process.listenerCount('exit');
  const ended = attachTerminal(console, { stdin, stdout, stderr }, { instance: 'web1', lingerMs });
  return {
    console,
    stdin,
    raw,
    ended,
    out: () => out,
    err: () => err,
    leftListeners: () => process.listenerCount('SIGTERM') + process.listenerCount('exit') - listeners,
  };
}

const soon = () => new Promise((resolve) => setImmediate(resolve));
const calm = '\u001b[0m\u001b[?25h\u001b[?1000l\u001b[?1002l\u001b[?2004l';

test('what is typed goes to the instance until Ctrl-], and the terminal is as it was', async () => {
  const { console, stdin, raw, ended, out, err, leftListeners } = attach();
  assert.equal(leftListeners(), 2);
  stdin.write('ls\u0003');
  await soon();
  console.push('file\n');
  await soon();
  stdin.write('exit\u001dnever');
  await ended;
  assert.deepEqual([console.sent, out(), raw], ['ls\u0003exit', `file\n${calm}`, [true, false]]);
  assert.match(err(), /^Connected to web1\. Leave with Ctrl-\]\.\r\n\r\nLeft the console; web1 keeps running\.\r\n$/);
  assert.deepEqual([console.destroyed, stdin.isPaused(), leftListeners()], [true, true, 0]);
});

test('Ctrl-] alone sends nothing, and so does the end of a terminal', async () => {
  const typed = attach();
  typed.stdin.write('\u001d');
  await typed.ended;
  assert.equal(typed.console.sent, '');
  const closed = attach();
  closed.stdin.end();
  await closed.ended;
  assert.match(closed.err(), /Left the console/);
});

test('a console that ends is told to the caller, in both ways that it can end', async () => {
  for (const end of [(console: FakeConsole) => console.push(null), (console: FakeConsole) => console.destroy()]) {
    const { console, ended, err, raw } = attach();
    end(console);
    console.resume();
    assert.equal(await ended, false);
    assert.doesNotMatch(err(), /Left/);
    assert.deepEqual(raw, [true, false]);
  }
});

test('a connection that breaks is an error, and the terminal is as it was', async () => {
  const { console, ended, raw, err } = attach();
  console.destroy(new Error('reset'));
  await assert.rejects(ended, { code: 'CLI_CONSOLE_UNAVAILABLE', message: /web1.*reset/ });
  assert.deepEqual(raw, [true, false]);
  assert.doesNotMatch(err(), /has ended|Left/);
});

test('without a terminal the input is sent, Ctrl-] included, and the output printed until it is silent', async () => {
  const { console, stdin, ended, out, err, raw } = attach({ tty: false, lingerMs: 60 });
  stdin.end('uname\u001d\n');
  for (const piece of ['Li', 'nux', '\n']) {
    await new Promise((resolve) => setTimeout(resolve, 30));
    console.push(piece);
  }
  await ended;
  assert.deepEqual([console.sent, out(), raw], ['uname\u001d\n', 'Linux\n', []]);
  assert.match(err(), /^Connected to web1\.\r\n\r\nLeft the console/);
});

test('input waits while the instance takes nothing, output while the terminal does', async () => {
  const { console, stdin, ended } = attach();
  console.full = true;
  stdin.write('a');
  await soon();
  assert.equal(stdin.isPaused(), true);
  console.full = false;
  console.emit('drain');
  assert.equal(stdin.isPaused(), false);
  stdin.write('\u001d');
  await ended;
});
