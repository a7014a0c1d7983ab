import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { type Random, seededRandom } from '../../base/index.ts';
import { type EvacuationMode, evacuate } from '../allocate/evacuate.ts';
import { applyMove } from '../balance/apply-move.ts';
import { balance, defaultBalanceOptions } from '../balance/balance.ts';
import type { MoveKind } from '../balance/move.ts';
import { type PreparedCluster, prepareCluster } from '../cluster/prepare-cluster.ts';
import { optimise } from '../optimise/optimise.ts';
import { createState } from '../state/create-state.ts';
import { failMode } from '../state/fail-mode.ts';
import { randomCluster } from '../testing/random-cluster.ts';
import { compileRules } from './compile-rules.ts';
import type { Service } from './service.ts';

type Place = readonly [primary: number, secondary: number];
/** Moves of one instance that are judged as one. */
type Way = { readonly instance: number; readonly steps: readonly { readonly kind: MoveKind; readonly target: number }[] };

/** What `gnt-instance` is called with for each kind of move: f migrate or failover, a to any node, r replace-disks. */
const commands = ['f', 'a', 'r', 'rf', 'frf', 'fr'] as const;

function after(command: string | undefined, [p, s]: Place, target: number): Place {
  if (command === 'f') return [s, p];
  return command === 'a' ? [target, s] : [p, target];
}

/** Racks of a cluster and some rules, that are counted here from scratch. */
class Racks {
  readonly data: PreparedCluster;
  readonly #rackOf: (n: number) => number;
  readonly #racks: number;
  readonly #limits: readonly [web: number, data: number];

  constructor(data: PreparedCluster, racks: number, random: Random) {
    this.data = data;
    this.#racks = racks;
    this.#rackOf = (n) => n % racks;
    const most = () => Math.ceil((data.instances.length * (0.8 + random() * 0.6)) / 3 / racks);
    this.#limits = [most(), most()];
  }

  /** web: spread, data: spread and replicas in two racks, kept: not in rack 0, near: both nodes in one rack. */
  services(): Service[] {
    const names = ({ of }: { readonly of: number }) => this.data.instances.flatMap(({ name }, i) => (i % 4 === of ? [name] : []));
    return [
      { name: 'web', members: names({ of: 0 }), rules: [{ kind: 'spread', level: 'rack', atMost: this.#limits[0] }] },
      {
        name: 'data',
        members: names({ of: 1 }),
        rules: [
          { kind: 'spread', level: 'rack', atMost: this.#limits[1] },
          { kind: 'replicas', apart: 'rack' },
        ],
      },
      { name: 'out', members: names({ of: 2 }), rules: [{ kind: 'keptOut', domains: ['r0'] }] },
      { name: 'home', members: names({ of: 2 }), rules: [{ kind: 'desired', domains: ['r1', 'r2'] }] },
      { name: 'close', members: names({ of: 3 }), rules: [{ kind: 'replicas', within: 'rack' }] },
    ];
  }

  rules() {
    const domains = Array.from({ length: this.#racks }, (_, r) => ({
      name: `r${r}`,
      level: 'rack',
      nodes: this.data.nodes.flatMap(({ name }, n) => (this.#rackOf(n) === r ? [name] : [])),
    }));
    return compileRules(this.data, { levels: ['rack'], domains, links: [], migration: [] }, this.services());
  }

  /** By how much each rule is broken with the instances at these places. */
  excesses(at: readonly Place[]): number[] {
    const rackOf = this.#rackOf;
    const members = (of: number) => at.filter((_, i) => i % 4 === of);
    const both = (of: number, isBroken: (place: Place) => boolean) =>
      members(of).filter((place) => place[1] >= 0 && isBroken(place)).length;
    const crowded = (of: number, most: number) =>
      Array.from({ length: this.#racks }, (_, r) => Math.max(0, members(of).filter(([p]) => rackOf(p) === r).length - most));
    const sum = (list: readonly number[]) => list.reduce((total, one) => total + one, 0);
    return [
      sum(crowded(0, this.#limits[0])),
      sum(crowded(1, this.#limits[1])),
      both(1, ([p, s]) => rackOf(p) === rackOf(s)),
      members(2).flatMap((place) => place.filter((n) => n >= 0 && rackOf(n) === 0)).length,
      members(2).filter(([p]) => rackOf(p) !== 1 && rackOf(p) !== 2).length,
      both(3, ([p, s]) => rackOf(p) !== rackOf(s)),
    ];
  }

  /** Walks every way through all its places. @returns how many places there were between a way's beginning and end */
  follow(ways: Iterable<Way>, force: boolean): number {
    const state = createState(this.data);
    const at: Place[] = this.data.instances.map(({ primary, secondary }) => [primary, secondary]);
    let between = 0;
    for (const { instance, steps } of ways) {
      const before = this.excesses(at);
      between--;
      for (const { kind, target } of steps) {
        assert.equal(applyMove(state, instance, kind, target, force), failMode.none);
        for (const command of commands[kind]) {
          between++;
          at[instance] = after(command, at[instance] as Place, target);
          const now = this.excesses(at);
          assert.ok(
            now.every((excess, rule) => excess <= (before[rule] as number)),
            `instance ${instance}, ${commands[kind]} ${target}, at ${at[instance]}: ${now} after ${before}`,
          );
        }
        assert.deepEqual(at[instance], [state.instances.primary[instance], state.instances.secondary[instance]]);
      }
    }
    return between;
  }
}

function racksOf(seed: number): { readonly racks: Racks; readonly random: Random } {
  const random = seededRandom(seed);
  const [nodes, instances] = [7 + Math.floor(random() * 5), 20 + Math.floor(random() * 25)];
  const varied = random() < 0.4;
  const data = prepareCluster(randomCluster(random, { nodes, instances, templates: ['drbd', 'drbd', 'drbd', 'ext'], varied }));
  return { racks: new Racks(data, 3 + Math.floor(random() * 2), random), random };
}

const seeds = fc.integer({ min: 0, max: 1_000_000 });
const runs = { numRuns: 60, seed: 20_261_123 };

function everyPlace(ways: (racks: Racks, random: Random) => Iterable<Way>, force = false): number {
  let between = 0;
  fc.assert(
    fc.property(seeds, (seed) => {
      const { racks, random } = racksOf(seed);
      between += racks.follow(ways(racks, random), force);
    }),
    runs,
  );
  return between;
}

describe('no hard rule is worse than before a move at any place on its way, when', () => {
  const single = ({ instance, kind, target }: { instance: number; kind: MoveKind; target: number }): Way => ({
    instance,
    steps: [{ kind, target }],
  });

  test('balancing greedily', () => {
    const between = everyPlace((racks) =>
      balance(createState(racks.data), { ...defaultBalanceOptions, minGain: 0, minGainLimit: 0, rules: racks.rules() }).map(single),
    );
    assert.ok(between > 300, `${between}`);
  });

  test('searching beyond single moves', () => {
    const between = everyPlace((racks, random) => optimise(racks.data, { random, steps: 200, rules: racks.rules() }).moves.map(single));
    assert.ok(between > 300, `${between}`);
  });

  for (const mode of ['all', 'primary-only', 'secondary-only'] as const) {
    test(`evacuating: ${mode}`, () => {
      const between = everyPlace((racks, random) => {
        const node = Math.floor(random() * racks.data.nodes.length);
        return evacuation(racks, node, mode);
      });
      assert.ok(mode !== 'all' || between > 300, `${between}`);
    });
  }
});

function evacuation(racks: Racks, node: number, mode: EvacuationMode): Way[] {
  const leaving = racks.data.instances.flatMap(({ primary, secondary }, i) => (primary === node || secondary === node ? [i] : []));
  const done = evacuate(createState(racks.data), leaving, mode, { force: false, rules: racks.rules() });
  return done.flatMap((one) => ('steps' in one ? [one] : []));
}
