import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { GantryError } from '../../base/index.ts';
import type { Instance, Node } from '../../model/index.ts';
import {
  type PlainObjects,
  plainConfig,
  plainGroup,
  plainInstance,
  plainLive,
  plainNetwork,
  plainNode,
  plainUuid,
} from '../testing/plain-config.ts';
import { type InstanceNeeds, instanceData, needsOf } from './instance-needs.ts';
import { inability, nodeRefusal } from './node-refusal.ts';
import { type PlaceOptions, Placer } from './placer.ts';

const uuidOf = (number: number) => plainUuid(2, number);
const gib = 1024;
const shared = (number: number, node: number, more: Partial<Instance> = {}) =>
  plainInstance(number, node, 10, { disk_template: 'sharedfile', ...more });
const needs = (more: Partial<Instance> = {}): InstanceNeeds => needsOf(shared(99, 0, { name: 'new', ...more }));
const nodes = (count: number, more: Partial<Node> = {}) => Array.from({ length: count }, (_, number) => plainNode(number, more));
const message = (error: unknown) => GantryError.from(error).message;

type Reports = Parameters<typeof plainLive>[0];
interface Situation extends Partial<PlainObjects> {
  readonly live?: Reports;
}
const placerFor = ({ live, ...objects }: Situation) => ({
  placer: new Placer(plainLive(live)),
  config: plainConfig({ nodes: nodes(2), instances: [], ...objects }),
});
async function place(situation: Situation, wish = needs(), options: PlaceOptions = {}) {
  const { placer, config } = placerFor(situation);
  const { primary, secondary } = await placer.place(config, wish, options);
  return [primary.name, secondary?.name];
}
const refusal = (situation: Situation, wish = needs(), options: PlaceOptions = {}) =>
  place(situation, wish, options).then(
    (found) => assert.fail(`was placed on ${found.join()}`),
    (error: GantryError) => {
      assert.equal(error.code, 'PLACEMENT_IMPOSSIBLE');
      return error.message;
    },
  );

describe('a node', () => {
  it('takes nothing while it is offline, drained, not for instances, or silent', () => {
    const of = (node: Partial<Node>, live: Reports = {}) => nodeRefusal(plainLive(live), plainNode(0, node));
    assert.equal(of({}), null);
    assert.equal(of({ offline: true, drained: true }), 'offline');
    assert.equal(of({ drained: true }), 'drained');
    assert.equal(of({ vm_capable: false }), 'not to run instances');
    assert.equal(of({}, { [uuidOf(0)]: null }), 'its agent does not answer');
    assert.equal(nodeRefusal({ ...plainLive(), node: () => undefined }, plainNode(0)), 'its agent does not answer');
  });

  it('cannot take what it has no means for', () => {
    const { cluster } = plainConfig({ nodes: [], instances: [] });
    const of = (info: NonNullable<NonNullable<Reports>[string]>, more: Partial<Instance> = {}) =>
      inability(plainLive({ [uuidOf(0)]: info }), cluster, plainNode(0), needs(more));
    assert.equal(of({}), null);
    assert.equal(of({ hypervisors: {} }), 'it has no hypervisor kvm');
    assert.equal(
      of({ hypervisors: { kvm: { version: '', accelerator: null, problem: 'no /dev/kvm' } } }),
      'its hypervisor kvm cannot be used',
    );
    assert.equal(of({ disk_templates: ['file'] }), 'it has no disk template sharedfile');
    assert.equal(of({ disk_free: 9 }), '10 MiB of disk wanted, 9 free');
    assert.equal(of({ disk_free: 10 }), null);
    assert.equal(of({ disk_free: 9, disk_templates: ['file'] }, { disk_template: 'file' }), null, 'the engine knows of local disks');
    assert.equal(inability({ ...plainLive(), node: () => undefined }, cluster, plainNode(0), needs()), null);
    // Agents of before have one storage, of files; others tell of each.
    const storage = [
      { type: 'file', name: '/srv/file', total: 100, free: 1 },
      { type: 'sharedfile', name: '/srv/shared', total: 100, free: 10 },
      { type: 'lvm-vg', name: 'xenvg', total: 100, free: 11 },
    ];
    assert.equal(of({ disk_free: 9, storage }), null);
    const onVolume = { disk_template: 'drbd', disks: [{ ...shared(0, 0).disks[0], size: 12 }] } as Partial<Instance>;
    const disk_templates = ['drbd'] as const;
    assert.equal(of({ disk_templates: [...disk_templates], storage }, onVolume), '140 MiB of disk wanted, 11 free');
    assert.equal(of({ disk_free: 9, disk_templates: [...disk_templates] }, onVolume), null, 'nothing is known of it');
  });
});

describe('a place for a new instance', () => {
  it('is one node, or two for disks that are mirrored between them', async () => {
    assert.deepEqual((await place({ nodes: nodes(2) }))[1], undefined);
    const live = { [uuidOf(0)]: { disk_templates: ['drbd'] }, [uuidOf(1)]: { disk_templates: ['drbd'] } } as Reports;
    const both = await place({ nodes: nodes(2), live }, needs({ disk_template: 'drbd' }));
    assert.deepEqual(both.sort(), ['node0', 'node1']);
  });

  it('is where there is room, and not where it is refused', async () => {
    const full = [shared(0, 0, { beparams: { maxmem: 14 * gib } })];
    assert.match(
      await refusal({ instances: full }, needs({ beparams: { maxmem: 2 * gib } })),
      /1 node \(node1\): the cluster could then no longer lose any one node/,
    );
    for (const number of [0, 1])
      assert.deepEqual(
        await place({
          nodes: nodes(3),
          instances: [0, 1, 2].flatMap((k) => (k === number ? [] : [shared(k, k, { beparams: { maxmem: 5 * gib } })])),
        }),
        [`node${number}`, undefined],
      );
    assert.deepEqual(await place({}, needs(), { refuses: ({ name }) => (name === 'node0' ? 'no' : null) }), ['node1', undefined]);
    assert.deepEqual(await place({ live: { [uuidOf(0)]: { hypervisors: {} } } }), ['node1', undefined]);
    assert.deepEqual(await place({ nodes: [plainNode(0, { drained: true }), plainNode(1)] }), ['node1', undefined]);
  });

  it('is in the group that is asked for', async () => {
    const groups = [plainGroup(0), plainGroup(1, { alloc_policy: 'unallocable' })];
    const all = [plainNode(0), plainNode(1), plainNode(2, { group: plainUuid(1, 1) })];
    assert.deepEqual(await place({ groups, nodes: all }, needs(), { group: plainUuid(1, 1) }), ['node2', undefined]);
    assert.notDeepEqual(await place({ groups, nodes: all }), ['node2', undefined]);
  });

  it('is refused with what is in the way on how many nodes, the most frequent first', async () => {
    const all = [plainNode(0), plainNode(1), plainNode(2, { offline: true }), plainNode(3, { drained: true })];
    const big = needs({ beparams: { maxmem: 16 * gib, vcpus: 1 } });
    const text = await refusal({ nodes: all }, big);
    assert.match(text, /instance new \(16384 MiB of memory, 1 virtual processor, 10 MiB of disk\)/);
    assert.match(
      text,
      /2 nodes \(node0, node1\): not enough memory, at most 15360 MiB free; 1 node \(node2\): offline; 1 node \(node3\): drained/,
    );
    const many = needs({ beparams: { vcpus: 100 }, disk_template: 'diskless' });
    assert.match(
      await refusal({ nodes: all.slice(0, 2) }, { ...many, disks: [] }),
      /instance new \(\d+ MiB of memory, 100 virtual processors\)/,
    );
    assert.match(await refusal({ nodes: all.slice(0, 2) }, { ...many, disks: [] }), /at most 64 left/);
    assert.match(await refusal({ nodes: all.slice(0, 1) }, needsOf(plainInstance(9, 0, 2_000_000))), /at most 1048576 MiB of disk free/);
    assert.match(await refusal({ nodes: [] }), /the cluster has no nodes/);
    assert.match(
      await refusal({ nodes: nodes(1) }, needs(), { refuses: () => 'the policy says no' }),
      /1 node \(node0\): the policy says no/,
    );
    const used = [shared(0, 0, { beparams: { maxmem: 10 * gib } }), shared(1, 1, { beparams: { maxmem: 12 * gib } })];
    assert.match(await refusal({ instances: used }, big), /at most 5120 MiB free/);
  });

  it('is told to be careless where the cluster could not lose a node before', async () => {
    const of = async (memory: number) => {
      const { placer, config } = placerFor({ instances: [0, 1].map((k) => shared(k, k, { beparams: { maxmem: memory } })) });
      return (await placer.place(config, needs())).remarks.length;
    };
    assert.deepEqual([await of(9 * gib), await of(2 * gib)], [1, 0]);
    const tight = [0, 1].map((k) => shared(k, k, { beparams: { maxmem: 7 * gib } }));
    assert.match(await refusal({ instances: tight }, needs({ beparams: { maxmem: 2 * gib } })), /node0, node1/);
  });
});

describe('the target of a move', () => {
  const target = (situation: Situation, instance: Instance, migrates = true) => {
    const { placer, config } = placerFor({ ...situation, instances: [instance, ...(situation.instances ?? [])] });
    return placer.target(config, instance, { migrates }).then(({ name }) => name, message);
  };

  it('is another node of the same group that takes it', async () => {
    const group = plainUuid(1, 1);
    const groups = [plainGroup(0), plainGroup(1)];
    assert.equal(await target({ nodes: nodes(2) }, shared(0, 0)), 'node1');
    assert.equal(await target({ nodes: nodes(2) }, shared(0, 1)), 'node0');
    const mixed = [plainNode(0, { group }), plainNode(1), plainNode(2, { group })];
    assert.equal(await target({ groups, nodes: mixed }, shared(0, 0)), 'node2');
    assert.match(await target({ groups, nodes: mixed }, shared(0, 1)), /the instance is there/);
    assert.match(await target({ nodes: [plainNode(0), plainNode(1, { drained: true })] }, shared(0, 0)), /drained/);
    assert.match(await target({ nodes: nodes(2), live: { [uuidOf(1)]: { hypervisors: {} } } }, shared(0, 0)), /it has no hypervisor kvm/);
  });

  it('has the bridges of its NICs there', async () => {
    const nic = (link: string) => ({
      uuid: plainUuid(5, 0),
      name: null,
      mac: 'aa:00:00:00:00:01',
      ip: null,
      network: null,
      nicparams: { link },
    });
    const live: Reports = { [uuidOf(1)]: { bridges: ['br1'] }, [uuidOf(2)]: { bridges: ['br2'] } };
    assert.equal(await target({ nodes: nodes(3), live }, shared(0, 0, { nics: [nic('br2')] })), 'node2');
    assert.match(await target({ nodes: nodes(3), live }, shared(0, 0, { nics: [nic('br3')] })), /it has no bridge br3/);
  });

  it('takes a running guest only where the tags of migration allow it', async () => {
    const tagged = [plainNode(0, { tags: ['cpu:new'] }), plainNode(1, { tags: ['cpu:old'] })];
    const cluster = { tags: ['htools:migration:cpu'] };
    const only = tagged;
    assert.match(await target({ cluster, nodes: only }, shared(0, 0)), /no migration to there/);
    assert.equal(await target({ cluster, nodes: only }, shared(0, 0), false), 'node1', 'a failover may go there');
    const allowed = { tags: [...cluster.tags, 'htools:allowmigration:cpu:new::cpu:old'] };
    assert.equal(await target({ cluster: allowed, nodes: tagged }, shared(0, 0)), 'node1');
    assert.match(await target({ cluster: allowed, nodes: tagged }, shared(0, 1)), /no migration to there/);
    assert.equal(await target({ nodes: tagged }, shared(0, 0)), 'node1', 'the tags mean nothing to this cluster');
  });

  it('is chosen for each as if those before it had moved, and nothing stays changed', async () => {
    const big = { beparams: { maxmem: 9 * gib } };
    const instances = [shared(0, 0, { beparams: { maxmem: 6 * gib } }), shared(1, 0, big)];
    const { placer, config } = placerFor({ nodes: nodes(3), instances });
    const moves = instances.map((instance) => ({ instance, migrates: true }));
    const names = async () => (await placer.targets(config, moves)).map((one) => (one instanceof GantryError ? one.code : one.name));
    const first = await names();
    assert.deepEqual([...first].sort(), ['node1', 'node2']);
    assert.deepEqual(await names(), first, 'the second time as the first');
    const three = [...instances, shared(2, 0, big)].map((instance, k) => ({ ...instance, ...(k === 0 ? big : {}) }));
    const tight = placerFor({ nodes: nodes(3), instances: three });
    const found = await tight.placer.targets(
      tight.config,
      three.map((instance) => ({ instance, migrates: true })),
    );
    assert.deepEqual(
      found.map((one) => one instanceof GantryError),
      [false, false, true],
    );
    const [error] = found.filter((one) => one instanceof GantryError);
    assert.match(error?.message ?? '', /not enough memory, at most 6144 MiB free/);
  });

  it('must have the memory that the instance may use, when it is named', async () => {
    const require = (situation: Situation, instance: Instance, number = 1) => {
      const { placer, config } = placerFor({ ...situation, instances: [instance, ...(situation.instances ?? [])] });
      return placer.requireMemory(config, instance, config.nodes.get(uuidOf(number)) as Node).then(() => 'fits', message);
    };
    const of = (memory: number, more: Partial<Instance> = {}) => shared(0, 0, { beparams: { maxmem: memory }, ...more });
    assert.equal(await require({}, of(15 * gib)), 'fits');
    assert.match(await require({}, of(15 * gib + 1)), /node1: not enough memory, 15360 MiB free/);
    const other = [shared(1, 1, { beparams: { maxmem: 5 * gib } })];
    assert.equal(await require({ instances: other }, of(10 * gib)), 'fits');
    assert.match(await require({ instances: other }, of(10 * gib + 1)), /10240 MiB free/);
    assert.equal(
      await require({ instances: other }, of(20 * gib, { admin_state: 'offline' })),
      'fits',
      'one that is marked offline uses none',
    );
    assert.equal(await require({ instances: other }, of(10 * gib, { moving_to: uuidOf(1) })), 'fits', 'its own room is kept there');
    assert.match(
      await require({ nodes: nodes(3), instances: other }, of(12 * gib, { moving_to: uuidOf(2) })),
      /10240 MiB free/,
      'not elsewhere',
    );
    const over = [shared(1, 1, { beparams: { maxmem: 20 * gib } })];
    assert.match(await require({ instances: over }, of(gib)), /, 0 MiB free/);
  });
});

describe('a placement that fails', () => {
  /** A placer whose nodes are looked at by `live`; how often it looked. */
  function looking() {
    const fresh = plainLive();
    let looks = 0;
    let broken: Error | undefined;
    const live = {
      ...fresh,
      node: (uuid: string) => {
        looks++;
        if (broken) throw broken;
        return fresh.node(uuid);
      },
    };
    const instance = shared(0, 0);
    const config = plainConfig({ nodes: nodes(2), instances: [instance] });
    const placer = new Placer(live);
    const looksOf = async (work: () => Promise<unknown>) => {
      looks = 0;
      await work().catch(() => undefined);
      return looks;
    };
    const target = () => placer.target(config, instance, { migrates: true });
    const place = (memory = 128) => placer.place(config, needs({ beparams: { maxmem: memory } }));
    return { looksOf, target, place, break: (error: Error | undefined) => (broken = error) };
  }

  it('for want of room leaves what is known, all else makes it forget', async () => {
    const { looksOf, place, target, break: breakIt } = looking();
    const first = await looksOf(() => place());
    const usual = await looksOf(() => place());
    assert.ok(usual < first, 'it is made once');
    await assert.rejects(place(64 * gib), { code: 'PLACEMENT_IMPOSSIBLE' });
    assert.equal(await looksOf(() => place()), usual);
    const defect = new TypeError('a defect');
    breakIt(defect);
    await assert.rejects(place(), defect);
    await assert.rejects(target(), defect, 'it is not taken for a lack of room');
    const other = new GantryError('NODE_OFFLINE', { name: 'node0' });
    breakIt(other);
    await assert.rejects(target(), other);
    breakIt(undefined);
    assert.equal(await looksOf(() => place()), first, 'all is made anew');
    assert.equal((await target()).name, 'node1');
  });

  it('tells what a node says of itself before what others say of it', async () => {
    const drained = [plainNode(0, { drained: true }), plainNode(1)];
    const live = { [uuidOf(1)]: { hypervisors: {} } };
    const refuses = ({ name }: Node) => (name === 'node0' ? 'not wanted' : null);
    const text = await refusal({ nodes: drained, live }, needs(), { refuses });
    assert.match(text, /1 node \(node0\): drained; 1 node \(node1\): it has no hypervisor kvm/);
    const both = await refusal({ nodes: nodes(2), live }, needs(), { refuses: () => 'not wanted' });
    assert.match(both, /2 nodes \(node0, node1\): not wanted/);
  });
});

describe('what an instance takes', () => {
  const { cluster, networks } = plainConfig({ nodes: [], instances: [], networks: [plainNetwork(0)] });
  const data = (more: Partial<Instance>) => instanceData(cluster, networks, needs(more));

  it('is counted by its template', () => {
    assert.deepEqual([data({}).disk, data({}).diskTemplate, data({}).spindleUse], [10, 'sharedfile', 1]);
    const mirrored = instanceData(
      { ...cluster, enabled_disk_templates: ['sharedfile', 'drbd', 'file'] },
      networks,
      needs({ disk_template: 'drbd' }),
    );
    assert.deepEqual([mirrored.disk, mirrored.diskTemplate], [138, 'drbd']);
    // The engine counts one storage of a node, and here that is of files.
    assert.deepEqual([data({ disk_template: 'drbd' }).disk, data({ disk_template: 'drbd' }).diskTemplate], [0, 'drbd']);
    assert.deepEqual([data({ disk_template: 'file' }).diskTemplate, data({ disk_template: 'file' }).spindleUse], ['plain', 0]);
    assert.equal(data({ disk_template: 'plain', beparams: { spindle_use: 3 } }).spindleUse, 3);
    assert.deepEqual(
      [data({}).status, data({ admin_state: 'down' }).status, data({ admin_state: 'offline' }).status],
      ['running', 'running', 'ADMIN_offline'],
    );
    assert.deepEqual([data({}).primary, data({}).secondary, data({}).forthcoming], [-1, -1, false]);
  });

  it('has its networks by name', () => {
    const nic = (network: string | null) => ({
      uuid: plainUuid(5, 0),
      name: null,
      mac: 'aa:00:00:00:00:01',
      ip: null,
      network,
      nicparams: {},
    });
    const { nics } = data({ nics: [nic(plainUuid(6, 0)), nic(null), nic('gone')] });
    assert.deepEqual(nics, [{ network: 'network0' }, { network: undefined }, { network: 'gone' }]);
  });
});
