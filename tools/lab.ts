import { spawn, spawnSync } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync, rmSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { type Lab, startLab } from '../test/lab/lab.ts';
import type { LabGuest } from '../test/lab/lab-guest.ts';
import { cacheDir } from '../test/lab/lab-image.ts';

const usage = `Usage: node tools/lab.ts <command>

Guests with systemd to try something by hand: the same that the tests in test/lab use. One lab of this kind at a time.

  up [number] [--disk <MiB>]...   start guests node1, node2, … (default 1), each with empty disks of these sizes
  ssh <number> [command...]       a shell in a guest, or a command
  put <number> <path> [folder]    copy a file or a folder into a folder of a guest (default: /srv)
  get <number> <path> [folder]    copy a file or a folder of a guest into a folder (default: the current one)
  cut <number>                    cut the power of a guest
  boot <number>                   boot it again from its disks
  down                            end all of them
`;

/** What the keeper of the lab is asked, in one line, and what it answers. */
interface Question {
  readonly command: 'where' | 'put' | 'get' | 'cut' | 'boot' | 'down';
  readonly guest?: string;
  readonly paths?: readonly string[];
}
interface Answer {
  readonly text?: string;
  readonly error?: string;
}

const socketPath = () => join(cacheDir(), 'by-hand.sock');
const logPath = () => join(cacheDir(), 'by-hand.log');

/** The lab belongs to a process of its own, with which it ends. */
async function keep(count: number, disks: readonly number[]): Promise<void> {
  const lab = await startLab({ guests: count, disks });
  const end = async () => {
    rmSync(socketPath(), { force: true });
    await lab[Symbol.asyncDispose]();
    process.exit(0);
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void end());
  const serve = async (socket: Socket, line: string) => {
    const question = JSON.parse(line) as Question;
    const answer = await carryOut(lab, question).catch((error: Error): Answer => ({ error: error.message }));
    socket.end(`${JSON.stringify(answer)}\n`);
    if (question.command === 'down') await end();
  };
  rmSync(socketPath(), { force: true });
  createServer((socket) => {
    // Who asked may have gone.
    socket.on('error', () => socket.destroy());
    createInterface({ input: socket }).on('line', (line) => void serve(socket, line));
  }).listen(socketPath());
}

async function carryOut(lab: Lab, { command, guest, paths: [from = '', to = ''] = [] }: Question): Promise<Answer> {
  if (command === 'down') return { text: 'The lab ends.' };
  if (command === 'where') return { text: lab.folder };
  const chosen = lab.guests.find(({ name }) => name === `node${guest}`);
  if (!chosen) return { error: `there is no guest ${guest}; guests: 1 to ${lab.guests.length}` };
  await actions[command](chosen, from, to);
  return { text: '' };
}

const actions: Readonly<Record<'put' | 'get' | 'cut' | 'boot', (guest: LabGuest, from: string, to: string) => Promise<void>>> = {
  put: (guest, from, to) => guest.put(from, to),
  get: (guest, from, to) => guest.get(from, to),
  cut: (guest) => guest.cutPower(),
  boot: (guest) => guest.boot(),
};

/** Asks the keeper; undefined when there is none. */
async function ask(question: Question): Promise<Answer | undefined> {
  const socket = connect(socketPath());
  // Nobody listens: then nothing is heard.
  socket.on('error', () => socket.destroy());
  let heard = '';
  socket.on('data', (piece) => (heard += piece.toString()));
  socket.write(`${JSON.stringify(question)}\n`);
  await new Promise((resolve) => socket.once('close', resolve));
  return heard === '' ? undefined : (JSON.parse(heard) as Answer);
}

async function up(count: string, disks: readonly string[]): Promise<string> {
  if (await ask({ command: 'where' })) return fail('a lab is up already; end it with "node tools/lab.ts down"');
  mkdirSync(cacheDir(), { recursive: true, mode: 0o700 });
  const log = openSync(logPath(), 'w');
  const args = ['--disable-warning=ExperimentalWarning', import.meta.filename, 'keep', count, ...disks.flatMap((disk) => ['--disk', disk])];
  const keeper = spawn(process.execPath, args, { detached: true, stdio: ['ignore', log, log] });
  closeSync(log);
  keeper.unref();
  process.stderr.write('Starting; the image is built first when it is not in the cache (two minutes) …\n');
  for (let second = 0; second < 1500 && keeper.exitCode === null; second++) {
    await new Promise((resolve) => setTimeout(resolve, 1000));
    if (await ask({ command: 'where' })) return `${count} guests are up. A shell: node tools/lab.ts ssh 1`;
  }
  return fail(readFileSync(logPath(), 'utf8'));
}

async function shell(guest: string, command: readonly string[]): Promise<string> {
  const folder = await demand({ command: 'where' });
  const name = `node${guest}`;
  const { status } = spawnSync('ssh', ['-F', join(folder, `${name}.ssh-config`), name, ...command], { stdio: 'inherit' });
  process.exitCode = status ?? 1;
  return '';
}

async function demand(question: Question): Promise<string> {
  const answer = (await ask(question)) ?? { error: 'no lab is up; start one with "node tools/lab.ts up"' };
  return answer.error === undefined ? (answer.text ?? '') : fail(answer.error);
}

function fail(problem: string): never {
  process.stderr.write(`Error: ${problem}\n`);
  process.exit(1);
}

async function main([command = '', ...rest]: readonly string[], disks: readonly string[]): Promise<string> {
  const [guest = '1', path = '', folder] = rest;
  if (command === 'up') return up(guest, disks);
  if (command === 'keep') return keep(Number(guest), disks.map(Number)).then(() => '');
  if (command === 'ssh') return shell(guest, rest.slice(1));
  if (command === 'put') return demand({ command, guest, paths: [resolve(path), folder ?? '/srv'] });
  if (command === 'get') return demand({ command, guest, paths: [path, folder ?? process.cwd()] });
  if (command === 'cut' || command === 'boot' || command === 'down') return demand({ command, guest });
  process.stderr.write(usage);
  process.exitCode = 2;
  return '';
}

const commandLine = process.argv.slice(2);
const isShell = commandLine[0] === 'ssh';
const { values, positionals } = isShell
  ? { values: {}, positionals: commandLine }
  : parseArgs({ args: commandLine, allowPositionals: true, options: { disk: { type: 'string', multiple: true } } });
const text = await main(positionals, (values as { disk?: string[] }).disk ?? []);
if (text !== '') process.stdout.write(`${text}\n`);
