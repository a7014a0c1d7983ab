import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { allocation, evacuation, requestOf, runQuietly, type SmallCluster, textOf } from './testing/small-cluster.ts';

/** Two power feeds; the two name servers are on one of them, though each has its own node. */
const feeds: SmallCluster = {
  tags: ['htools:iextags:service', 'htools:nlocation:power', 'htools:desiredlocation:power'],
  nodes: [
    { name: 'n1', tags: ['power:a'], master: true },
    { name: 'n2', tags: ['power:a'] },
    { name: 'n3', tags: ['power:b'] },
  ],
  instances: [
    { name: 'dns1', template: 'drbd', primary: 'n1', secondary: 'n2', tags: ['service:dns'] },
    { name: 'dns2', template: 'drbd', primary: 'n2', secondary: 'n3', tags: ['service:dns', 'power:b'] },
  ],
};

/** New hypervisors understand old ones; back it does not go. */
const versions: SmallCluster = {
  tags: ['htools:migration:hv', 'htools:allowmigration:hv:old::hv:new'],
  nodes: [
    { name: 'n1', tags: ['hv:old'], master: true },
    { name: 'n2', tags: ['hv:new'] },
    { name: 'n3', tags: ['hv:new'] },
    { name: 'n4', tags: ['hv:old'] },
  ],
  instances: ['a', 'b', 'c', 'd'].map((name, k) => ({ name, template: 'ext', primary: k < 3 ? 'n2' : 'n3', memory: 6144 })),
};

let folder = '';
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gantry-tags-'));
});
after(() => rm(folder, { recursive: true, force: true }));

async function write(name: string, text: string): Promise<string> {
  const file = join(folder, name);
  await writeFile(file, text);
  return file;
}

const source = async (cluster: SmallCluster): Promise<string[]> => ['-t', await write('cluster.data', textOf(cluster))];

async function hail(cluster: SmallCluster, request: object, ...options: readonly string[]) {
  const file = await write('request.json', JSON.stringify(requestOf(cluster, request)));
  const { code, out, err } = await runQuietly('hail', file, ...options);
  assert.equal(code, 0, err);
  return JSON.parse(out);
}

describe("Ganeti's tags alone", () => {
  test('hcheck judges by them when it is asked to, and else says what Ganeti does', async () => {
    const plain = await runQuietly('hcheck', ...(await source(feeds)), '--no-simulation');
    assert.doesNotMatch(plain.out, /Location|power/);
    const { code, out } = await runQuietly('hcheck', ...(await source(feeds)), '--no-simulation', '--location-from-tags');
    assert.equal(out.slice(0, plain.out.length), plain.out);
    assert.equal(code, 0, 'wishes may be unmet');
    assert.match(out, /^Not met: tag service:dns: at most 1 per power: power power:a has 2 \(dns1, dns2\)$/m);
    assert.match(out, /^Not met: mirrored instances: replicas in different powers: /m);
    assert.match(out, /^Not met: desire power:b: desired in power:b: /m);
    assert.match(out, /^If power power:a fails, 2 instances stop:\n {2}cannot restart, both nodes: dns1$/m);
  });

  test('an exclusion tag is a hard rule', async () => {
    const crowded = { ...feeds, instances: feeds.instances.map((one) => ({ ...one, primary: 'n1', secondary: 'n2' })) };
    const { code, out } = await runQuietly('hcheck', ...(await source(crowded)), '--no-simulation', '--location-from-tags');
    assert.equal(code, 1);
    assert.match(out, /^Broken: tag service:dns: at most 1 per node: node n1 has 2 \(dns1, dns2\)$/m);
    const keys = await runQuietly('hcheck', ...(await source(crowded)), '--location-from-tags', '--machine-readable');
    assert.match(keys.out, /^HCHECK_LOCATION_RULES_BROKEN=1$/m);
    const mended = await runQuietly('hbal', ...(await source(crowded)), '--location-from-tags', '--explain');
    assert.match(mended.out, /improves: .*tag service:dns: at most 1 per node/);
    assert.match(mended.out, /Rules of location: all hard ones hold/);
  });

  test('more members than nodes are a contradiction, named by the tag', async () => {
    const many = {
      ...feeds,
      instances: ['n1', 'n2', 'n3', 'n1'].map((primary, k) => ({
        name: `dns${k}`,
        template: 'ext' as const,
        primary,
        tags: ['service:dns'],
      })),
    };
    const { code, out, err } = await runQuietly('hbal', ...(await source(many)), '--location-from-tags');
    assert.equal(code, 1);
    assert.match(
      err,
      /"tag service:dns: at most 1 per node" \(tag service:dns\)\. tag service:dns has 4 members, and 3 nodes are open to them/,
    );
    assert.doesNotMatch(out, /Solution/);
    const plain = await runQuietly('hbal', ...(await source(many)));
    assert.equal(plain.code, 0, 'for Ganeti it is no mistake');
  });

  test('wishes are in the score already, and are not counted twice', async () => {
    const plain = await runQuietly('hbal', ...(await source(feeds)));
    const ruled = await runQuietly('hbal', ...(await source(feeds)), '--location-from-tags');
    const withoutRules = ruled.out.split('\n').filter((line) => !line.startsWith('Rules of location: '));
    assert.deepEqual(withoutRules, plain.out.split('\n'));
  });
});

test('beside a file tags hold too, and its rules may speak of their domains', async () => {
  const file = await write(
    'location.yaml',
    'services:\n  - { name: dns, members: ["dns*"], rules: [{ spread: { level: power, atMost: 1 } }, { keptOut: ["power:c"], weight: 1 }] }\n',
  );
  const unknown = await runQuietly('hcheck', ...(await source(feeds)), '--location', file);
  assert.match(unknown.err, /location\.yaml:2: there is no .* "power:c"\. Is "power:[ab]" meant\?/);
  await writeFile(file, 'services:\n  - { name: dns, members: ["dns*"], rules: [{ spread: { level: power, atMost: 1 } }] }\n');
  const { code, out } = await runQuietly('hcheck', ...(await source(feeds)), '--location', file);
  assert.equal(code, 1);
  assert.match(out, /^Cluster is against its rules of location\.$/m);
  assert.match(out, /^Broken: dns: at most 1 per power: power power:a has 2/m);
  assert.match(out, /^Not met: tag service:dns: at most 1 per power: /m);
});

describe('restrictions of migration by tags hold without any option', () => {
  test('in hbal and hail', async () => {
    const saved = join(folder, 'migration');
    const { out } = await runQuietly('hbal', ...(await source(versions)), '-S', saved);
    assert.match(out, /Solution length=[1-9]/);
    assert.doesNotMatch(out, /=> n[14]/);
    const answer = await hail(versions, evacuation(['a'], 'primary-only'));
    assert.equal(answer.result[0][0][2][0], 'n3');
    const free = await hail({ ...versions, tags: [] }, evacuation(['a'], 'primary-only'));
    assert.ok(['n1', 'n4'].includes(free.result[0][0][2][0]), 'what is empty');
  });

  test('in hroller, which Ganeti lets migrate against them', async () => {
    const free = await runQuietly('hroller', ...(await source({ ...versions, tags: [] })), '--print-moves');
    assert.match(free.out, /^ {2}\w n[14]/m);
    const { code, out, err } = await runQuietly('hroller', ...(await source(versions)), '--print-moves');
    assert.equal(code, 0, err);
    assert.doesNotMatch(out, /^ {2}\w n[14]/m);
  });

  test('in hsqueeze', async () => {
    const options = ['--minimal-resources', '1', '--target-resources', '1'];
    const one = { ...versions, nodes: versions.nodes.filter(({ name }) => name !== 'n3'), instances: versions.instances.slice(0, 1) };
    const free = await runQuietly('hsqueeze', ...(await source({ ...one, tags: [] })), ...options);
    assert.match(free.out, /n2/);
    const bound = await runQuietly('hsqueeze', ...(await source(one)), ...options);
    assert.doesNotMatch(bound.out, /n2/);
  });
});

test('restrictions of migration in a file hold in every program', async () => {
  const file = await write(
    'migration.yaml',
    'migration:\n  - { nodes: [n2, n3], needs: [new], offers: [new, old] }\n  - { nodes: [n1, n4], needs: [old], offers: [old] }\n',
  );
  const plain = { ...versions, tags: [] };
  const saved = join(folder, 'restricted');
  const balanced = await runQuietly('hbal', ...(await source(plain)), '--location', file, '-S', saved);
  assert.doesNotMatch(balanced.out, /=> n[14]/);
  assert.equal((await hail(plain, evacuation(['a'], 'primary-only'), '--location', file)).result[0][0][2][0], 'n3');
  const rolled = await runQuietly('hroller', ...(await source(plain)), '--print-moves', '--location', file);
  assert.equal(rolled.code, 0, rolled.err);
  assert.doesNotMatch(rolled.out, /^ {2}\w n[14]/m);
});

test('what hbal cannot mend since it does not move it is named', async () => {
  const fixed = {
    ...feeds,
    instances: ['n1', 'n1'].map((primary, k) => ({ name: `dns${k}`, template: 'plain' as const, primary, tags: ['service:dns'] })),
  };
  const { out } = await runQuietly('hbal', ...(await source(fixed)), '--location-from-tags', '--explain');
  assert.match(out, /^ {2}dns0 stays: instances with disk template plain are not moved$/m);
});

test('hroller says when it is rules that leave no room', async () => {
  const file = await write(
    'pinned.yaml',
    'services:\n  - { name: all, members: ["*"], rules: [{ pinned: [n2, n3] }, { spread: { level: node, atMost: 3 } }] }\n',
  );
  const full = { ...versions, tags: [], instances: versions.instances.map((one, k) => ({ ...one, primary: k < 2 ? 'n2' : 'n3' })) };
  const { code, err } = await runQuietly('hroller', ...(await source(full)), '--location', file);
  assert.equal(code, 1);
  assert.match(err, /Not enough capacity to move non-redundant instances within the rules of location/);
});

describe('hail and rules that contradict each other', () => {
  test('answers with the rules, and places nothing', async () => {
    const file = await write(
      'racks.yaml',
      'levels: [rack]\ndomains:\n  - { name: r1, nodes: [n1, n2] }\n  - { name: r2, nodes: [n3] }\nservices:\n  - { name: dns, members: ["dns*"], rules: [{ spread: { level: rack, atMost: 1 } }] }\n',
    );
    const plain = { ...feeds, tags: [] };
    const { success, info, result } = await hail(plain, allocation('dns3', 'plain'), '--location', file);
    assert.equal(success, false);
    assert.match(
      info,
      /Request failed: These hard rules contradict each other: "dns: at most 1 per rack" \(.*racks\.yaml:6\)\. dns has 3 members/,
    );
    assert.deepEqual(result, []);
    const other = await hail(plain, allocation('mail', 'plain'), '--location', file);
    assert.equal(other.success, true, other.info);
  });

  test('a second copy of the disks goes where a rule lets it', async () => {
    const file = await write(
      'replicas.yaml',
      'levels: [rack]\ndomains:\n  - { name: r1, nodes: [n1, n2] }\n  - { name: r2, nodes: [n3] }\nservices:\n  - { name: all, members: ["*"], rules: [{ replicas: { apart: rack } }] }\n',
    );
    const filler = { name: 'big', template: 'plain' as const, primary: 'n3', memory: 16_384 };
    const lone = { ...feeds, tags: [], instances: [{ name: 'dns1', template: 'plain' as const, primary: 'n1' }, filler] };
    const request = { type: 'allocate-secondary', name: 'dns1' };
    assert.equal((await hail(lone, request)).result, 'n2');
    assert.equal((await hail(lone, request, '--location', file)).result, 'n3');
  });
});
