import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Store, WatchEvent } from '../store.ts';

interface Held {
  readonly value: string;
  readonly createRevision: number;
  readonly modRevision: number;
}

/** A transaction in terms of a few keys; a comparison is right or wrong on purpose. */
interface Command {
  readonly compares: readonly { readonly key: string; readonly right: boolean }[];
  readonly writes: readonly { readonly key: string; readonly value: string | null }[];
}

const key = fc.constantFrom('a', 'a/b', 'b', 'c', 'ä');
const mostlyTrue = fc.integer({ min: 0, max: 9 }).map((digit) => digit > 0);
const commands: fc.Arbitrary<Command[]> = fc.array(
  fc.record({
    compares: fc.array(fc.record({ key, right: mostlyTrue }), { maxLength: 3 }),
    writes: fc.uniqueArray(fc.record({ key, value: fc.option(fc.string({ maxLength: 5, unit: 'grapheme' })) }), {
      maxLength: 4,
      selector: (write) => write.key,
    }),
  }),
  { minLength: 1, maxLength: 12 },
);

/** Runs the commands on a store and on a plain map and compares outcome, content and history. */
async function check(store: Store, prefix: string, list: readonly Command[]): Promise<void> {
  const model = new Map<string, Held>();
  const history = new Map<number, WatchEvent[]>();
  const start = (await store.range(prefix)).revision;
  for (const command of list) {
    const compares = command.compares.map(({ key, right }) => {
      const modRevision = model.get(key)?.modRevision ?? 0;
      return { key: prefix + key, modRevision: right ? modRevision : modRevision === 0 ? start : 0 };
    });
    const writes = command.writes.map(({ key, value }) =>
      value === null ? ({ type: 'delete', key: prefix + key } as const) : ({ type: 'put', key: prefix + key, value } as const),
    );
    const outcome = await store.transact({ compares, writes });
    assert.equal(
      outcome.committed,
      command.compares.every(({ right }) => right),
    );
    if (outcome.committed) applyTo(model, history, prefix, command, outcome.revision);
  }
  const { entries, revision } = await store.range(prefix);
  const expected = Array.from(model, ([key, held]) => ({ key: prefix + key, ...held })).sort((a, b) =>
    Buffer.from(a.key).compare(Buffer.from(b.key)),
  );
  assert.deepEqual(entries, expected);
  await checkHistory(store, prefix, start, revision, history);
}

function applyTo(model: Map<string, Held>, history: Map<number, WatchEvent[]>, prefix: string, command: Command, revision: number): void {
  const events: WatchEvent[] = [];
  for (const { key, value } of command.writes) {
    if (value === null) {
      if (model.delete(key)) events.push({ type: 'delete', key: prefix + key, modRevision: revision });
    } else {
      const held = { value, createRevision: model.get(key)?.createRevision ?? revision, modRevision: revision };
      model.set(key, held);
      events.push({ type: 'put', entry: { key: prefix + key, ...held } });
    }
  }
  if (events.length > 0) history.set(revision, events);
}

async function checkHistory(store: Store, prefix: string, start: number, end: number, history: Map<number, WatchEvent[]>): Promise<void> {
  const watched = new Map<number, readonly WatchEvent[]>();
  const last = Math.max(0, ...history.keys());
  if (last === 0) return;
  const stop = new AbortController();
  for await (const { revision, events } of store.watch(prefix, start, stop.signal)) {
    if (events.length > 0) watched.set(revision, events);
    if (revision >= last || revision >= end) stop.abort();
  }
  const keyOf = (event: WatchEvent) => (event.type === 'put' ? event.entry.key : event.key);
  const sorted = (events: readonly WatchEvent[]) => events.toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
  const normal = (from: ReadonlyMap<number, readonly WatchEvent[]>) => Array.from(from, ([revision, events]) => [revision, sorted(events)]);
  assert.deepEqual(normal(watched), normal(history));
}

export const storeModel = { commands, check };
