import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createConfig, lintFromString } from '@redocly/openapi-core';
import { opcodeCatalogue, validate } from '../../model/index.ts';
import { allRoutes } from '../routes/all-routes.ts';
import { queryKinds } from '../rows/run-query.ts';
import { type ApiRig, startApiRig, writer } from '../testing/api-rig.ts';

interface Page {
  readonly servers: readonly { url: string }[];
  readonly components: { readonly schemas: Readonly<Record<string, { properties: Readonly<Record<string, object>> }>> };
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

test('every array tells of its elements, as the common rules of linters ask (array-items of Spectral): tuples too', () => {
  const arrays = [...objectsIn(page)].filter(([path, object]) => object['type'] === 'array' && !path.endsWith('/properties'));
  assert.ok(arrays.length > 100, String(arrays.length));
  const wanting = arrays.filter(([, { items }]) => typeof items !== 'object' || items === null || Array.isArray(items));
  assert.deepEqual(
    wanting.map(([path]) => path),
    [],
  );
});

test('the page names its server, and for each operation what it may answer: 501 alone where it is missing', () => {
  assert.deepEqual(
    page.servers.map(({ url }) => url),
    ['/'],
  );
  for (const { path, method, offered, tagged } of allRoutes) {
    const responses = page.paths[path]?.[method.toLowerCase()]?.responses ?? {};
    const expected = offered === false ? ['4XX', '501', 'default'] : ['200', ...(tagged ? ['304'] : []), '4XX', 'default'];
    assert.deepEqual(Object.keys(responses).sort(), expected, `${method} ${path}`);
  }
});

test('every answer is described by its content type, and 304 where an answer has an entity tag', async () => {
  type Operation = { parameters?: { name: string; in: string }[]; responses: Record<string, { content?: Record<string, unknown> }> };
  for (const [path, methods] of Object.entries(page.paths)) {
    // Those without a name in the path: they can be asked for as they are.
    const operation = methods['get'] as Operation | undefined;
    if (!operation || path.includes('{')) continue;
    for (const query of ['', '?bulk=1']) {
      const { status, headers } = await rig.client.send('GET', `${path}${query}`, { user: writer });
      if (status !== 200) continue;
      const type = String(headers['content-type']).split(';', 1)[0] ?? '';
      assert.ok(type in (operation.responses['200']?.content ?? {}), `${path}: ${type}`);
      if (headers['etag'] === undefined) continue;
      assert.ok('304' in operation.responses, path);
      assert.ok(
        operation.parameters?.some((one) => one.name === 'if-none-match' && one.in === 'header'),
        path,
      );
    }
  }
  const metrics = page.paths['/metrics']?.['get'] as unknown as Operation;
  assert.deepEqual(Object.keys(metrics.responses['200']?.content ?? {}), ['application/openmetrics-text', 'text/plain']);
});

/** What a strict linter says of a page. */
async function problemsOf(text: string): Promise<string[]> {
  const config = await createConfig({ extends: ['recommended-strict'] });
  const problems = await lintFromString({ source: text, absoluteRef: 'openapi.json', config });
  return problems.map(({ ruleId, message, location }) => `${location[0]?.pointer}: ${message} (${ruleId})`);
}

test('a strict linter finds nothing', async () => {
  assert.deepEqual(await problemsOf(JSON.stringify(page)), []);
  const broken = JSON.stringify({ ...page, servers: [] });
  assert.notDeepEqual(await problemsOf(broken), [], 'the linter looks at nothing');
});

/** A schema of the page with what it refers to in place. */
function resolved(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(resolved);
  if (typeof value !== 'object' || value === null) return value;
  const { $ref } = value as { $ref?: string };
  if ($ref === undefined) return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, resolved(one)]));
  const name = $ref.replace('#/components/schemas/', '');
  assert.ok(page.components.schemas[name], $ref);
  return resolved(page.components.schemas[name]);
}

const schemaIn = (one: unknown): object =>
  resolved((one as { content: Record<string, { schema: object }> }).content['application/json']?.schema) as object;
const answerOf = (path: string): object => schemaIn(page.paths[path]?.['get']?.responses['200']);

test('what resources answer fits their description', async () => {
  const job = await rig.client.send('POST', '/2/jobs', { user: writer, body: { ops: [{ OP_ID: 'OP_TEST_DELAY', duration: 0 }] } });
  const asked: string[] = [
    `/2/jobs/${job.body} /2/jobs/{job_id}`,
    '/2/jobs/987654 /2/jobs/{job_id}',
    '/2/jobs /2/jobs',
    '/2/jobs?bulk=1 /2/jobs',
  ];
  asked.push('/2/info /2/info', '/2/os /2/os', '/2/os?bulk=1 /2/os');
  for (const kind of ['node', 'group', 'network', 'instance']) {
    const { body } = await rig.client.send('GET', `/2/${kind}s`, { user: writer });
    for (const { uri } of body as { uri: string }[]) asked.push(`${uri} /2/${kind}s/{${kind}_name}`);
    asked.push(`/2/${kind}s /2/${kind}s`, `/2/${kind}s?bulk=1 /2/${kind}s`);
  }
  for (const kind of queryKinds) {
    const { body } = await rig.client.send('GET', `/2/query/${kind}/fields`, { user: writer });
    const names = (body as { fields: { name: string }[] }).fields.map(({ name }) => encodeURIComponent(name));
    asked.push(`/2/query/${kind}/fields /2/query/{kind}/fields`, `/2/query/${kind}?fields=${names.join(',')} /2/query/{kind}`);
  }
  assert.ok(asked.length > 30, String(asked.length));
  for (const [path = '', route = ''] of asked.map((one) => one.split(' '))) {
    const { status, body } = await rig.client.send('GET', path, { user: writer });
    assert.equal(status, 200, path);
    validate(answerOf(route), body, path);
  }
});

const typeOfKind: Record<string, (value: unknown) => boolean> = {
  text: (value) => typeof value === 'string',
  bool: (value) => typeof value === 'boolean',
  number: Number.isInteger,
  unit: Number.isInteger,
  float: Number.isFinite,
  timestamp: Number.isFinite,
  other: () => true,
};

test('the values of a query have the type that the kind of their field says', async () => {
  for (const kind of queryKinds) {
    const { body } = await rig.client.send('GET', `/2/query/${kind}/fields`, { user: writer });
    const { fields } = body as { fields: { name: string; kind: string }[] };
    const names = fields.map(({ name }) => encodeURIComponent(name)).join(',');
    const { data } = (await rig.client.send('GET', `/2/query/${kind}?fields=${names}`, { user: writer })).body as {
      data: [number, unknown][][];
    };
    for (const row of data) {
      row.forEach(([state, value], k) => {
        const { name, kind: said = '' } = fields[k] ?? { name: '' };
        assert.ok(state === 0 ? typeOfKind[said]?.(value) : value === null, `${kind} ${name}: ${said}, ${state} ${JSON.stringify(value)}`);
      });
    }
  }
});

test('every field of a row has a type', () => {
  for (const name of ['node_row', 'node_page', 'group_row', 'network_row', 'instance_row', 'job_row', 'job_page']) {
    const untyped = Object.entries(page.components.schemas[name]?.properties ?? { none: {} })
      .filter(([, schema]) => !['type', 'enum', 'const', 'anyOf', '$ref'].some((key) => key in schema))
      .map(([field]) => field);
    assert.deepEqual(untyped, [], name);
  }
});

test('every field of a query is described with the type of its values', async () => {
  const answers = ['get', 'put'].map((method) => schemaIn(page.paths['/2/query/{kind}']?.[method]?.responses['200']));
  for (const answer of answers) {
    const { $defs: described } = (answer as { properties: { data: { $defs: Record<string, { properties: object }> } } }).properties.data;
    assert.deepEqual(Object.keys(described), queryKinds);
    for (const kind of queryKinds) {
      const { fields } = (await rig.client.send('GET', `/2/query/${kind}/fields`, { user: writer })).body as { fields: { name: string }[] };
      assert.deepEqual(Object.keys(described[kind]?.properties ?? {}).sort(), fields.map(({ name }) => name).sort(), kind);
    }
  }
});

test('the body of a submission is described opcode by opcode, each by the schema that checks it', () => {
  const post = page.paths['/2/jobs']?.['post'] as unknown as { requestBody: { content: Record<string, { schema: object }> } };
  const [items] = [...objectsIn(post.requestBody)].map(([, one]) => one).filter((one) => 'oneOf' in one);
  assert.deepEqual(items?.['discriminator'], { propertyName: 'OP_ID' });
  const ids = [...opcodeCatalogue.keys()];
  assert.deepEqual(
    items['oneOf'],
    ids.map((id) => ({ $ref: `#/components/schemas/${id}` })),
  );
  const body = schemaIn(post.requestBody);
  const ops = (...list: object[]) => validate(body, { ops: list }, 'body');
  ops({ OP_ID: 'OP_TEST_DELAY', duration: 1 }, { OP_ID: 'OP_INSTANCE_STARTUP', instance_name: 'web1' });
  assert.throws(() => ops({ OP_ID: 'OP_TEST_DELAY', duration: 'long' }));
  assert.throws(() => ops({ OP_ID: 'OP_TEST_DELAY', duration: 1, instance_name: 'web1' }));
  assert.throws(() => ops({ OP_ID: 'OP_NONE' }));
});

const wrong: [body: unknown, told: string][] = [
  [undefined, '/2/jobs: field "(whole)" is not valid: must be object'],
  [[], '/2/jobs: field "(whole)" is not valid: must be object'],
  [{}, '/2/jobs: field "ops" is not valid: is missing'],
  [{ ops: [] }, '/2/jobs: field "ops" is not valid: must not have fewer than 1 items'],
  [{ ops: [{}] }, '/2/jobs: field "ops.0.OP_ID" is not valid: is missing'],
  [{ ops: [{ OP_ID: 'OP_NONE' }] }, 'opcode: field "OP_ID" is not valid: "OP_NONE" is not an opcode'],
  [{ ops: [{ OP_ID: 'OP_TEST_DELAY' }], more: 1 }, '/2/jobs: field "more" is not valid: is not known here; known: ops'],
];

for (const [body, told] of wrong) {
  test(`the description does not change what is told about a submission of ${JSON.stringify(body)}`, async () => {
    const answer = await rig.client.send('POST', '/2/jobs', { user: writer, ...(body !== undefined && { body }) });
    assert.deepEqual([answer.status, (answer.body as { error: { what: string } }).error.what], [400, told]);
  });
}
