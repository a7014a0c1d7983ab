import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GantryError } from '../../base/index.ts';
import { parseLocation } from './parse-location.ts';
import { readLocationFile } from './read-location-file.ts';

const parse = (text: string) => parseLocation(text, 'location.yaml');
const fails = (text: string, code: string, message: RegExp) =>
  assert.throws(
    () => parse(text),
    (error) => error instanceof GantryError && error.code === code && message.test(error.message) && !/undefined/.test(error.message),
    `${code} ${message}`,
  );

test('a file with everything in it becomes topology and services, each part with its line', () => {
  const { topology, services } = parse(`levels: [site, rack]
domains:
  - name: east
    domains:
      - { name: e1, nodes: ["n[1]", n2] }
  - name: e2
    level: rack
    in: east
    nodes: [n3*]
links:
  - { between: [e1, e2], latency: 0.1, bandwidth: 10000, load: 500, weight: 2 }
migration:
  - { nodes: [n1], needs: [hv5] }
services:
  - name: web
    members: [web*, { tag: "service:web" }]
    minimumAlive: 2
    rules:
      - spread: { level: rack, atMost: 1 }
      - desired: [e1]
        weight: 3
`);
  assert.deepEqual(topology, {
    levels: ['site', 'rack'],
    domains: [
      { name: 'east', level: 'site', parent: undefined, nodes: [], at: 'location.yaml:3' },
      { name: 'e1', level: 'rack', parent: 'east', nodes: ['n[1]', 'n2'], at: 'location.yaml:5' },
      { name: 'e2', level: 'rack', parent: 'east', nodes: ['n3*'], at: 'location.yaml:6' },
    ],
    links: [{ between: ['e1', 'e2'], latency: 0.1, bandwidth: 10_000, load: 500, weight: 2, at: 'location.yaml:11' }],
    migration: [{ nodes: ['n1'], needs: ['hv5'], offers: [], at: 'location.yaml:13' }],
  });
  assert.deepEqual(services, [
    {
      name: 'web',
      members: ['web*', { tag: 'service:web' }],
      minimumAlive: 2,
      rules: [
        { kind: 'spread', level: 'rack', atMost: 1, weight: undefined, at: 'location.yaml:19' },
        { kind: 'desired', domains: ['e1'], weight: 3, at: 'location.yaml:20' },
      ],
      at: 'location.yaml:15',
    },
  ]);
});

test('every kind of rule is read, from JSON too', () => {
  const rules = [
    { together: { level: 'rack' } },
    { near: { latency: 2 } },
    { needs: { service: 'db', level: 'rack' } },
    { apart: { service: 'db', level: 'rack' } },
    { pinned: ['e1'] },
    { keptOut: ['e1'] },
    { replicas: { apart: 'group', latency: 1 } },
    { migration: { within: 'rack' } },
    { survive: { level: 'rack' } },
  ];
  const { services } = parse(JSON.stringify({ services: [{ name: 'web', members: [], rules }] }));
  assert.deepEqual(
    services[0]?.rules.map(({ at: _, weight: __, ...rule }) => rule),
    [
      { kind: 'together', level: 'rack' },
      { kind: 'near', latency: 2 },
      { kind: 'needs', service: 'db', level: 'rack' },
      { kind: 'apart', service: 'db', level: 'rack' },
      { kind: 'pinned', domains: ['e1'] },
      { kind: 'keptOut', domains: ['e1'] },
      { kind: 'replicas', apart: 'group', latency: 1 },
      { kind: 'migration', level: 'rack' },
      { kind: 'survive', level: 'rack' },
    ],
  );
});

test('an empty file is an empty topology', () => {
  assert.deepEqual(parse('# nothing yet\n'), { topology: { levels: [], domains: [], links: [], migration: [] }, services: [] });
});

test('what is wrong is told with its line', () => {
  fails('levels: [a\ndomains: 3', 'LOCATION_SYNTAX', /^location\.yaml:\d/);
  fails('levels: [a]\nlevels: [b]\n', 'LOCATION_SYNTAX', /^location\.yaml:2/);
  fails('services: *nowhere\n', 'LOCATION_SYNTAX', /nowhere/);
  fails('- 1\n', 'LOCATION_INVALID', /^location\.yaml.* the file must be an object/);
  fails('levels: [a]\nlink: []\n', 'LOCATION_INVALID', /^location\.yaml:2: "link" is not known in the file\. Is "links" meant\?/);
  fails('services:\n  - name: web\n', 'LOCATION_INVALID', /^location\.yaml:2: "members" is missing in services/);
  const rule = (text: string) => `services:\n  - name: web\n    members: []\n    rules:\n      - ${text}\n`;
  fails(
    rule('spread: { level: rack, atMots: 1 }'),
    'LOCATION_INVALID',
    /^location\.yaml:5: "atMots" is not known in spread\. Is "atMost" meant/,
  );
  fails(rule('spread: { level: rack, atMost: -1 }'), 'LOCATION_INVALID', /^location\.yaml:5: atMost must be >= 1/);
  fails(rule('spread: { level: rack }'), 'LOCATION_INVALID', /^location\.yaml:5: .*atMost, atLeast, skew/);
  fails(rule('replicas: {}'), 'LOCATION_INVALID', /^location\.yaml:5: .*apart, within, latency/);
  fails(rule('weight: 1'), 'LOCATION_INVALID', /^location\.yaml:5: .*this has none/);
  fails(rule('{ near: { latency: 1 }, pinned: [e1] }'), 'LOCATION_INVALID', /^location\.yaml:5: .*near and pinned/);
  fails(rule('{ migration: { within: rack }, weight: 1 }'), 'LOCATION_INVALID', /^location\.yaml:5: .*always hard/);
  fails('links:\n  - { between: [a], bandwidth: 1 }\n', 'LOCATION_INVALID', /^location\.yaml:2: between/);
  fails('links:\n  - between: [a, b]\n    latency: -4\n', 'LOCATION_INVALID', /^location\.yaml:3: latency must be >= 0/);
  fails('levels: [rack]\ndomains:\n  - name: r1\n    domains: [{ name: c1 }]\n', 'LOCATION_INVALID', /^location\.yaml:4: .*level c1 is/);
  const inside = 'levels: [rack, node2]\ndomains:\n  - name: r1\n    domains:\n      - name: c1\n        in: r2\n';
  fails(inside, 'LOCATION_INVALID', /^location\.yaml:6: c1 is written inside r1/);
});

test('a file that is not there is an error of its own', async () => {
  await assert.rejects(readLocationFile('/nowhere/location.yaml'), {
    code: 'LOCATION_UNREADABLE',
    message: /nowhere\/location\.yaml.*ENOENT/,
  });
});
