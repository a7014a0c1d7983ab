import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { seededRandom } from '../../base/index.ts';
import { balance, defaultBalanceOptions } from '../balance/balance.ts';
import { type PreparedCluster, prepareCluster } from '../cluster/prepare-cluster.ts';
import { compileRules } from '../location/compile-rules.ts';
import { sampleCluster } from '../location/sample-cluster.ts';
import type { Location, LocationRule } from '../location/service.ts';
import type { Plan } from '../plan/plan.ts';
import { createState } from '../state/create-state.ts';
import { optimise } from './optimise.ts';

const gib = 1024;
const rulesOf = (data: PreparedCluster, location?: Location) => location && compileRules(data, location.topology, location.services);

/** What single moves alone make of a cluster: how many, and the score. */
function greedily(data: PreparedCluster, location?: Location): { readonly moves: number; readonly after: number | undefined } {
  const moves = [...balance(createState(data), { ...defaultBalanceOptions, minGain: 0, minGainLimit: 0, rules: rulesOf(data, location) })];
  return { moves: moves.length, after: moves.at(-1)?.score };
}

const searched = (data: PreparedCluster, location?: Location, more: { maxMoves?: number } = {}): Plan =>
  optimise(data, { random: seededRandom(1), steps: 600, rules: rulesOf(data, location), ...more });

/** Nodes of 64 GiB with what is on them: memory in GiB and virtual processors; mirrored to the node that is named third. */
function cluster(...nodes: readonly (readonly (readonly [number, number, number?])[])[]): PreparedCluster {
  const instances = nodes.flatMap((list, primary) =>
    list.map(([memory, vcpus, secondary], k) => {
      const disk = 10 * gib;
      const template = secondary === undefined ? ('ext' as const) : ('drbd' as const);
      return {
        name: `i${primary}${k}`,
        memory: memory * gib,
        disk,
        disks: [{ size: disk }],
        vcpus,
        primary,
        secondary: secondary ?? -1,
        diskTemplate: template,
      };
    }),
  );
  return prepareCluster(
    sampleCluster(
      nodes.map((_, n) => ({ name: `n${n}`, totalSpindles: 10 })),
      instances,
    ),
  );
}

const racks = (...names: readonly (readonly string[])[]): Location['topology'] => ({
  levels: ['rack'],
  domains: names.map((nodes, r) => ({ name: `r${r}`, level: 'rack', nodes })),
  links: [],
  migration: [],
});

const services = (...rules: readonly LocationRule[]): Location['services'] => [{ name: 'web', members: ['*'], rules }];
/** What the search finds where no single move makes the cluster better. */
function foundAlone(data: PreparedCluster, location?: Location): Plan {
  assert.equal(greedily(data, location).moves, 0);
  const plan = searched(data, location);
  assert.ok(plan.after < plan.before - 0.01, `${plan.before} to ${plan.after}`);
  assert.deepEqual(plan.leftOut, []);
  return plan;
}

const stepsOf = ({ moves }: Plan) => moves.map(({ instance, kind, target }) => [instance, kind, target]);

describe('where no single move helps, the search finds', () => {
  test('a swap', () => {
    const { moves, after } = foundAlone(
      cluster(
        [
          [20, 8],
          [20, 8],
        ],
        [
          [20, 2],
          [20, 2],
        ],
      ),
    );
    assert.deepEqual([moves.length, after], [2, 0]);
  });

  test('a swap between full nodes, for which one instance steps aside', () => {
    const plan = foundAlone(
      cluster(
        [
          [31, 8],
          [31, 8],
        ],
        [
          [31, 2],
          [31, 2],
        ],
        [[31, 10]],
      ),
    );
    const [[aside, , node] = []] = stepsOf(plan);
    assert.equal(node, 2);
    assert.deepEqual(stepsOf(plan).filter(([instance]) => instance === aside).length, 2);
    assert.equal(plan.moves.length, 3);
  });

  test('a chain: each goes to where the one before it made place', () => {
    const { moves } = foundAlone(
      cluster(
        [
          [31, 8],
          [31, 8],
        ],
        [
          [31, 2],
          [31, 2],
        ],
        [
          [20, 4],
          [10, 4],
        ],
      ),
    );
    assert.equal(new Set(moves.map(({ instance }) => instance)).size, 3);
    moves.slice(1).forEach((move, k) => assert.equal(move.to.primary, moves[k]?.from.primary));
  });

  test('new nodes for both sides of mirrored instances, whose sides belong in one rack', () => {
    const mirrored = (secondary: number) => Array.from({ length: 3 }, () => [10, 2, secondary] as const);
    const location = { topology: racks(['n0', 'n1'], ['n2', 'n3']), services: services({ kind: 'replicas', within: 'rack', weight: 5 }) };
    const data = cluster(mirrored(1), mirrored(0), [], []);
    const { moves } = foundAlone(data, location);
    const at = new Map(moves.map(({ instance, to }) => [instance, to]));
    assert.equal(at.size, 3);
    for (const { primary, secondary } of at.values()) assert.ok(primary >= 2 && secondary >= 2);
  });

  test('room for a big instance, that others clear', () => {
    const data = cluster(
      [
        [40, 4],
        [16, 4],
      ],
      [
        [16, 4],
        [16, 4],
      ],
      [
        [16, 4],
        [16, 4],
        [2, 4],
      ],
    );
    const outOfFirst: Location['services'] = [{ name: 'big', members: ['i00'], rules: [{ kind: 'keptOut', domains: ['r0'] }] }];
    const { moves } = foundAlone(data, { topology: racks(['n0'], ['n1'], ['n2']), services: outOfFirst });
    const big = moves.findIndex(({ instance }) => instance === 0);
    assert.ok(moves.slice(0, big).some(({ from }) => from.primary === moves[big]?.to.primary));
  });
});

test('hard rules that are broken are mended first, and before all else where few moves are allowed', () => {
  const apart = [{ kind: 'spread' as const, level: 'rack', atMost: 1 }];
  const location = { topology: racks(['n0'], ['n1'], ['n2']), services: [{ name: 'web', members: ['i00', 'i01'], rules: apart }] };
  const data = cluster(
    [
      [8, 2],
      [8, 2],
      [20, 8],
      [20, 8],
    ],
    [[8, 2]],
    [],
  );
  for (const maxMoves of [undefined, 1]) {
    const { moves, before, after } = searched(data, location, { maxMoves });
    assert.ok(moves[0] && moves[0].instance <= 1);
    assert.ok(before > 1000 && after < 1000 && moves[0].score < 1000);
  }
});

test('a hard rule that is mended does not pay for another that would be broken', () => {
  const data = cluster(
    [
      [8, 1],
      [8, 1],
    ],
    [[8, 1]],
    [[40, 1]],
  );
  const location: Location = {
    topology: racks(['n0'], ['n1'], ['n2']),
    services: [
      { name: 'web', members: ['i00', 'i10', 'i20'], rules: [{ kind: 'spread', level: 'rack', atMost: 1 }] },
      { name: 'out', members: ['i00'], rules: [{ kind: 'keptOut', domains: ['r0'] }] },
    ],
  };
  const rules = rulesOf(data, location);
  const web = () => rules?.breaches().filter(({ rule }) => rule.startsWith('web')).length;
  for (const _ of balance(createState(data), { ...defaultBalanceOptions, minGain: 0, minGainLimit: 0, rules })) assert.equal(web(), 0);
  const { moves } = searched(data, location);
  const book = rulesOf(data, location);
  for (const { instance, to } of moves) {
    book?.place(instance, to.primary, to.secondary);
    assert.ok(book?.breaches().every(({ rule }) => !rule.startsWith('web')));
  }
});
