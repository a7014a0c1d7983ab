import { globSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { CodeBreak } from './mutate/code-break.ts';
import { findBreaks } from './mutate/find-breaks.ts';
import { importGraph, type TestsOf } from './mutate/import-graph.ts';
import { roomOf, sampleBreaks } from './mutate/sample-breaks.ts';
import { type BreakOutcome, BreakRunner } from './mutate/try-break.ts';

const usage = `Usage: node tools/mutate.ts [options]

Breaks the code in small ways, one at a time, and runs the tests that touch the place. Prints what no test noticed.
The files on the disk are not changed. The same seed takes the same breaks for as long as the code stays.

  --seed N       which breaks (default: 1)
  --each N       how many for each room (default: 10)
  --room NAME    only this room of src; repeat for more
  --file TEXT    only files whose path has this in it
  --minutes N    start no further break after this time (default: 20)
  --seconds N    how long the tests of one break may run (default: 60)
  --at-least N   exit with 1 when less than N percent were noticed
  --list         print the breaks and run nothing
`;

const options = {
  seed: { type: 'string', default: '1' },
  each: { type: 'string', default: '10' },
  room: { type: 'string', multiple: true },
  file: { type: 'string' },
  minutes: { type: 'string', default: '20' },
  seconds: { type: 'string', default: '60' },
  'at-least': { type: 'string', default: '0' },
  list: { type: 'boolean' },
  help: { type: 'boolean' },
} as const;

interface Equivalent {
  readonly identity: string;
  readonly reason: string;
}

const root = join(import.meta.dirname, '..');
/** Tests themselves, what only tests use, and texts. */
const left =
  /\.test\.ts$|\/testing\/|\/testdata\/|-conformance\.ts$|-fixture\.ts$|\/test-[^/]*\.ts$|-test-[^/]*\.ts$|\/errors\/[^/]*-errors\.ts$|\/index\.ts$/;

async function mutate(args: string[]): Promise<number> {
  const { values } = parseArgs({ args, options });
  if (values.help) {
    process.stdout.write(usage);
    return 0;
  }
  const files = globSync(['src/**/*.ts', 'test/**/*.ts', 'bench/**/*.ts'], {
    cwd: root,
    exclude: (path) => path.includes('testdata'),
  }).sort();
  const wanted = (file: string) =>
    file.startsWith('src/') && !left.test(file) && (values.room?.includes(roomOf(file)) ?? true) && file.includes(values.file ?? '');
  const breaks = files.filter(wanted).flatMap((file) => findBreaks(file, readFileSync(join(root, file), 'utf8')));
  const sample = shuffleRooms(sampleBreaks(breaks, count('seed', values.seed), count('each', values.each)));
  process.stdout.write(`${sample.length} of ${breaks.length} breaks, seed ${values.seed}\n`);
  if (values.list) {
    for (const one of sample) process.stdout.write(describeBreak(one));
    return 0;
  }
  const runner = new BreakRunner(root, testsOfSeconds(importGraph(root, files)));
  const limits = { minutes: count('minutes', values.minutes), seconds: count('seconds', values.seconds) };
  const outcomes = await tryAll(sample, runner, limits);
  if (runner.unsound.length > 0)
    process.stdout.write(`\nleft out, they fail or take over 30 s without a break: ${runner.unsound.join(' ')}\n`);
  return report(sample.length, outcomes, count('at-least', values['at-least']));
}

/** Without those that start a whole cluster with machines, or kill a master at each step: they take minutes. */
function testsOfSeconds(testsOf: TestsOf): TestsOf {
  const slow = new Set(testsOf('test/integration/local-cluster.ts').map(({ test }) => test));
  return (file) => testsOf(file).filter(({ test }) => !slow.has(test) && !test.startsWith('test/crash/'));
}

/** One of each room in turn, so that a run that ends early has seen all rooms. */
function shuffleRooms(breaks: readonly CodeBreak[]): CodeBreak[] {
  const rooms = [...Map.groupBy(breaks, ({ file }) => roomOf(file)).values()];
  const longest = Math.max(0, ...rooms.map(({ length }) => length));
  return Array.from({ length: longest }, (_, turn) => rooms.flatMap((room) => room[turn] ?? [])).flat();
}

async function tryAll(
  sample: readonly CodeBreak[],
  runner: BreakRunner,
  limits: { minutes: number; seconds: number },
): Promise<BreakOutcome[]> {
  const abort = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => abort.abort());
  const until = performance.now() + limits.minutes * 60_000;
  const queue = [...sample];
  const outcomes: BreakOutcome[] = [];
  const worker = async () => {
    for (let next = queue.shift(); next && performance.now() < until && !abort.signal.aborted; next = queue.shift()) {
      const outcome = await runner.try(next, { fileMs: 30_000, breakMs: limits.seconds * 1000, signal: abort.signal });
      if (abort.signal.aborted) return;
      outcomes.push(outcome);
      const told = outcome.noticedBy ? (outcome.byTimeout ? 'time-out' : 'noticed ') : 'SURVIVED';
      process.stdout.write(`${told}  ${next.file}:${next.line}  ${outcome.noticedBy ?? ''}\n`);
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, worker));
  return outcomes;
}

function report(wanted: number, outcomes: readonly BreakOutcome[], atLeast: number): number {
  const equivalents = new Map(readEquivalents().map(({ identity, reason }) => [identity, reason]));
  const counted = outcomes.filter(({ broken }) => !equivalents.has(broken.identity));
  const survivors = counted.filter(({ noticedBy }) => noticedBy === undefined);
  for (const { broken, tried } of survivors) {
    const tests = tried.length === 0 ? 'no test imports it' : `${tried.length} test files: ${tried.slice(0, 5).join(' ')}`;
    process.stdout.write(`\n${describeBreak(broken)}  ${tests}\n`);
  }
  process.stdout.write('\nroom        tried  noticed\n');
  for (const [room, ofRoom] of Map.groupBy(counted, ({ broken }) => roomOf(broken.file))) {
    process.stdout.write(`${room.padEnd(10)} ${String(ofRoom.length).padStart(6)} ${percent(ofRoom).toFixed(0).padStart(6)} %\n`);
  }
  const equal = outcomes.length - counted.length;
  const late = counted.filter(({ byTimeout }) => byTimeout).length;
  process.stdout.write(
    `\n${counted.length} tried, ${percent(counted).toFixed(1)} % noticed, ${late} of them by time-out; ${equal} change nothing (equivalents.json)`,
  );
  process.stdout.write(outcomes.length < wanted ? `; ${wanted - outcomes.length} not tried, the time was up\n` : '\n');
  return counted.length > 0 && percent(counted) < atLeast ? 1 : 0;
}

const percent = (outcomes: readonly BreakOutcome[]): number =>
  (100 * outcomes.filter(({ noticedBy }) => noticedBy !== undefined).length) / Math.max(1, outcomes.length);

/** Breaks that change nothing anybody could see, each with the reason. */
const readEquivalents = (): readonly Equivalent[] =>
  JSON.parse(readFileSync(join(import.meta.dirname, 'mutate/equivalents.json'), 'utf8')) as readonly Equivalent[];

const describeBreak = ({ file, line, kind, before, after, identity }: CodeBreak): string =>
  `${file}:${line}  ${kind}\n  - ${short(before)}\n  + ${short(after)}\n  ${JSON.stringify(identity)}\n`;

const short = (text: string): string => text.replace(/\s+/g, ' ').slice(0, 140);

function count(name: string, text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0) throw new Error(`--${name}: "${text}" is not a whole number`);
  return value;
}

process.exitCode = await mutate(process.argv.slice(2));
