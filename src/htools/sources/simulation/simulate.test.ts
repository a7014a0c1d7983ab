import assert from 'node:assert/strict';
import { test } from 'node:test';
import { expectError } from '../testing/expect-error.ts';
import { formatText } from '../text/format-text.ts';
import { parseUnit } from './parse-unit.ts';
import { simulate } from './simulate.ts';

test('each specification is a group of equal nodes', () => {
  const cluster = simulate(['preferred,2,100G,16g,4,2,True', 'u,1,1t,512,8']);
  const [groups, nodes] = formatText(cluster).split('\n\n');
  assert.equal(groups, 'group-01|fake-uuid-01|preferred||\ngroup-02|fake-uuid-02|unallocable||');
  assert.deepEqual(nodes?.split('\n'), [
    'node-01-001|16384|0|16384|95367|95367|4|M|fake-uuid-01|2||Y|0|1|1.0',
    'node-01-002|16384|0|16384|95367|95367|4|N|fake-uuid-01|2||Y|0|1|1.0',
    'node-02-001|512|0|512|1048576|1048576|8|N|fake-uuid-02|1||N|0|1|1.0',
  ]);
  assert.deepEqual(cluster.instances, []);
});

for (const [spec, text] of [
  ['p,1,1,1', /4 parts/],
  ['p,1,1,1,1,1,True,x', /8 parts/],
  ['often,1,1,1,1', /'often' is not an allocation policy/],
  ['p,-1,1,1,1', /node count: cannot parse string '-1'/],
  ['p,99999999,1,1,1', /more than/],
  ['p,1,1x,1,1', /disk size: '1x'/],
  ['p,1,1,1.5g,1', /memory size: '1.5g'/],
  ['p,1,1,1,1,1,yes', /'yes', not True or False/],
  ['', /1 parts/],
] as const) {
  test(`refused: "${spec}"`, () => expectError(() => simulate([spec]), 'HTOOLS_SIMULATION_INVALID', text));
}

test('units are binary in small letters, decimal in capitals, and whichever when spelt out', () => {
  const sizes = {
    '7': 7,
    '3m': 3,
    '2g': 2048,
    '1t': 1_048_576,
    '1000M': 953,
    '1G': 953,
    '1T': 953_674,
    '5 MiB': 5,
    '2GB': 1907,
    '1tib': 1_048_576,
  };
  for (const [text, mebibytes] of Object.entries(sizes)) assert.equal(parseUnit(text), mebibytes, text);
  for (const text of ['', 'g', '-1g', '1k', '1.5g', '1gi']) assert.equal(parseUnit(text), undefined, text);
});
