import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { allRoutes } from '../routes/all-routes.ts';
import { type ApiRig, startApiRig, writer } from '../testing/api-rig.ts';

interface Page {
  readonly servers: readonly { url: string }[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, { responses: Readonly<Record<string, unknown>> }>>>>;
}

let rig: ApiRig;
let page: Page;
before(async () => {
  rig = await startApiRig();
  page = (await rig.client.send('GET', '/openapi.json', { user: writer })).body as Page;
});
after(() => rig.close());

/** Every object within a value, with its path. */
function* objectsIn(value: unknown, path = '#'): Generator<[string, Record<string, unknown>]> {
  if (typeof value !== 'object' || value === null) return;
  if (!Array.isArray(value)) yield [path, value as Record<string, unknown>];
  for (const [name, one] of Object.entries(value)) yield* objectsIn(one, `${path}/${name}`);
}

test('tuples are those of JSON Schema 2020-12', () => {
  let tuples = 0;
  for (const [path, object] of objectsIn(page.paths)) {
    if (object['type'] === 'array') assert.ok(!Array.isArray(object['items']), path);
    assert.ok(!('additionalItems' in object), path);
    const { prefixItems } = object;
    if (!Array.isArray(prefixItems)) continue;
    tuples++;
    assert.deepEqual([object['minItems'], object['maxItems']], [prefixItems.length, prefixItems.length], path);
  }
  assert.ok(tuples > 10, String(tuples));
});

test('the page names its server, and for each operation what it may answer: 501 alone where it is missing', () => {
  assert.deepEqual(
    page.servers.map(({ url }) => url),
    ['/'],
  );
  for (const { path, method, offered } of allRoutes) {
    const responses = page.paths[path]?.[method.toLowerCase()]?.responses ?? {};
    const expected = offered === false ? ['4XX', '501', 'default'] : ['200', '4XX', 'default'];
    assert.deepEqual(Object.keys(responses).sort(), expected, `${method} ${path}`);
  }
});
