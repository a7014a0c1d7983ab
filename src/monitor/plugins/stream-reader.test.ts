import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PluginDefinition } from './plugin-definition.ts';
import type { ReaderParts } from './plugin-reader.ts';
import { defaultManifest } from './read-manifest.ts';
import { createStreamReader } from './stream-reader.ts';

interface FakeSource {
  readonly say: (text: string) => void;
  readonly end: (problem: Error) => void;
  stderr: string;
  stopped: number;
}

function rig(manifest: Partial<PluginDefinition['manifest']> = {}) {
  const sources: FakeSource[] = [];
  const time = { now: 0 };
  const definition = {
    name: 'x',
    path: '/x',
    source: 'program',
    manifest: { ...defaultManifest, interval: 10, ...manifest },
  } as PluginDefinition;
  const reader = createStreamReader({ definition, now: () => time.now } as ReaderParts, (_parts, { onOutput, onEnd }) => {
    const source: FakeSource = { say: (text) => onOutput(Buffer.from(text)), end: onEnd, stderr: '', stopped: 0 };
    sources.push(source);
    return { stop: () => void source.stopped++, stderr: () => source.stderr };
  });
  const read = () => reader.read(new AbortController().signal);
  return { reader, sources, time, read, source: () => sources.at(-1) as FakeSource };
}

const line = (n: number) => `{"data":{"n":${n}}}\n`;

test('a report waits for the first line; after that the newest one counts', async () => {
  const { read, source, sources } = rig();
  const first = read();
  source().say(line(1).slice(0, 5));
  source().say(line(1).slice(5));
  assert.deepEqual(await first, { n: 1 });
  source().say(line(2) + line(3));
  assert.deepEqual(await read(), { n: 3 });
  assert.deepEqual(await read(), { n: 3 }, 'it is told again while it is fresh');
  assert.equal(sources.length, 1);
});

test('a line is fresh for three intervals, or for as long as the manifest says', async () => {
  for (const [manifest, longest] of [
    [{}, 30_000],
    [{ max_age: 5 }, 5000],
  ] as const) {
    const { read, source, sources, time } = rig(manifest);
    const first = read();
    source().say(line(1));
    await first;
    time.now = longest;
    assert.deepEqual(await read(), { n: 1 });
    time.now = longest + 1;
    await assert.rejects(read(), { code: 'MONITOR_PLUGIN_SILENT', facts: { name: 'x', seconds: longest / 1000 } });
    assert.equal(sources[0]?.stopped, 1);
    const again = read();
    assert.equal(sources.length, 2, 'it is begun anew');
    source().say(line(2));
    assert.deepEqual(await again, { n: 2 });
  }
});

test('one that ends is told with why, and begun anew', async () => {
  const { read, source, sources, reader } = rig();
  const waiting = read();
  source().stderr = 'out of paper';
  source().end(new Error('exit code 3'));
  source().end(new Error('and once more'));
  await assert.rejects(waiting, /^Error: exit code 3$/);
  assert.equal(reader.stderr, 'out of paper', 'what it said last is kept');
  const again = read();
  source().say(line(1));
  assert.deepEqual(await again, { n: 1 });
  assert.equal(sources.length, 2);
  assert.equal(reader.stderr, '');
});

test('more than is allowed ends it as a flood', async () => {
  const { read, source } = rig({ largest_report: 16 });
  const waiting = read();
  source().say('x'.repeat(17));
  await assert.rejects(waiting, { code: 'MONITOR_PLUGIN_FLOOD', failure: 'flooded', facts: { name: 'x', bytes: 17, limit: 16 } });
  assert.ok(source().stopped > 0);
  source().say(line(1));
  source().end(new Error('killed'));
});

test('one that says nothing in its time is stopped', async () => {
  const { reader, source } = rig();
  const abort = new AbortController();
  const waiting = reader.read(abort.signal);
  abort.abort();
  await assert.rejects(waiting, /^Error: no line was received$/);
  assert.equal(source().stopped, 1);
});

test('a line that is no report is told, and the next one counts', async () => {
  const { read, source, sources } = rig();
  const waiting = read();
  source().say('nonsense\n');
  await assert.rejects(waiting, { code: 'MONITOR_PLUGIN_REPORT_INVALID' });
  source().say(line(1));
  assert.deepEqual(await read(), { n: 1 });
  assert.equal(sources.length, 1);
});

test('the end of a plugin stops what runs, and is no matter where nothing does', async () => {
  const { read, source, reader } = rig();
  reader.close();
  const waiting = read();
  source().say(line(1));
  await waiting;
  reader.close();
  reader.close();
  assert.equal(source().stopped, 1);
});
