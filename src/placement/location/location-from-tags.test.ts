import assert from 'node:assert/strict';
import { test } from 'node:test';
import { noNode } from '../cluster/cluster-data.ts';
import { prepareCluster } from '../cluster/prepare-cluster.ts';
import { compileRules } from './compile-rules.ts';
import { locationFromTags, mergeLocations } from './location-from-tags.ts';
import { sampleCluster } from './sample-cluster.ts';
import type { Location } from './service.ts';

const clusterTags = [
  'htools:iextags:service',
  'htools:nlocation:power',
  'htools:desiredlocation:power',
  'htools:migration:hv',
  'htools:allowmigration:hv:4::hv:5',
];
const data = sampleCluster(
  [
    { name: 'a', tags: ['power:1', 'power:2', 'hv:4'] },
    { name: 'b', tags: ['power:2', 'power:3', 'hv:5'] },
    { name: 'c', tags: ['power:4', 'colour:red'] },
    { name: 'd', tags: [] },
  ],
  [
    { name: 'dns1', primary: 0, secondary: 2, tags: ['service:dns'] },
    { name: 'dns2', primary: 2, secondary: 3, tags: ['service:dns', 'power:4'] },
    { name: 'misc', primary: 3, secondary: 2, tags: ['power:9'] },
  ],
  { tags: clusterTags },
);
const compiled = ({ topology, services }: Location) => compileRules(data, topology, services);
const fromTags = () => locationFromTags(prepareCluster(data));

test('tags become levels, domains, services and terms of migration', () => {
  const { topology, services } = fromTags();
  assert.deepEqual(topology.levels, ['power', 'power 2']);
  assert.deepEqual(
    topology.domains.map(({ name, level, nodes }) => [name, level, nodes.join(' ')]),
    [
      ['power:1', 'power', 'a'],
      ['power:2', 'power 2', 'a b'],
      ['power:3', 'power', 'b'],
      ['power:4', 'power', 'c'],
    ],
  );
  assert.deepEqual(
    topology.migration.map(({ nodes, needs, offers }) => [nodes, needs, offers]),
    [
      [['a'], ['hv:4'], ['hv:4']],
      [['b'], ['hv:5'], ['hv:5', 'hv:4']],
    ],
  );
  assert.deepEqual(
    services.map(({ name }) => name),
    ['tag service:dns', 'mirrored instances', 'desire power:4'],
  );
});

test('they hold as Ganeti has them: never on one node, rather not on one cause of failure', () => {
  const book = compiled(fromTags());
  const out = new Float64Array(3);
  assert.deepEqual([book.hard, book.soft], [0, 0]);
  book.weigh(1, 0, 3, out);
  assert.deepEqual([out[0], out[1]], [1, 3], 'same node (hard), both domains of it, and not where it is desired');
  book.weigh(1, 1, 3, out);
  assert.deepEqual([out[0], out[1]], [0, 2], 'one domain in common, and not where it is desired');
  book.weigh(2, 0, 1, out);
  assert.deepEqual([out[0], out[1]], [0, 1], 'both nodes have a cause of failure in common');
  assert.equal(book.mayMigrate(0, 0, 1), true);
  assert.equal(book.mayMigrate(0, 1, 0), false);
});

test('a file and tags hold side by side, even with the same name of a level', () => {
  const file: Location = {
    topology: { levels: ['power'], domains: [{ name: 'feed', level: 'power', nodes: ['*'] }], links: [], migration: [] },
    services: [{ name: 'dns', members: ['dns*'], rules: [{ kind: 'together', level: 'power' }] }],
  };
  const merged = mergeLocations(file, fromTags());
  assert.deepEqual(merged.topology.levels, ['power', 'power (tags)', 'power 2']);
  const book = compiled(merged);
  assert.deepEqual(
    book.explain(1, 0, noNode).map(({ rule }) => rule),
    [
      'tag service:dns: at most 1 per node',
      'tag service:dns: at most 1 per power (tags)',
      'tag service:dns: at most 1 per power 2',
      'desire power:4: desired in power:4',
    ],
  );
});
