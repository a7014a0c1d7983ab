import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { GantryError, version } from '../../base/index.ts';
import type { PlanContext } from '../../jobs/index.ts';
import type { Instance } from '../../model/index.ts';
import { createAuthority, type NodeCaller, type RpcName, type RpcResult } from '../../rpc/index.ts';
import type { Garbage } from '../garbage.ts';
import { type PlainObjects, plainConfig, plainGroup, plainInstance, plainLive, plainNode, plainUuid } from '../testing/plain-config.ts';
import { verifyCluster } from './verify-cluster.ts';

const day = 86_400;
/** The time of `plainLive`, milliseconds. */
const now = 2e12;

type Answers = { [M in RpcName]?: RpcResult<M> | Error };

interface Situation extends Partial<PlainObjects> {
  /** Answers of nodes that differ from those of a node that is well, by name. */
  readonly answers?: Readonly<Record<string, Answers>>;
  readonly live?: Parameters<typeof plainLive>[0];
  readonly garbage?: readonly Garbage[];
  readonly certificates?: readonly { name: string; certificate: string }[];
  /** Names of the instances that a job names. */
  readonly busy?: readonly string[];
  /** Nodes to verify, by name; default all. */
  readonly only?: readonly string[];
}

/** An instance on shared storage that should run. */
const shared = (number: number, node: number, more: Partial<Instance> = {}): Instance => {
  const plain = plainInstance(number, node, 1024, { disk_template: 'sharedfile', ...more });
  return { ...plain, disks: plain.disks.map((disk) => ({ ...disk, dev_type: 'sharedfile' })) };
};

const runtime = (number: number, state: 'running' | 'shutdown' | 'paused' | 'crashed' = 'running') => ({
  ...{ uuid: plainUuid(3, number), name: `instance${number}`, hypervisor: 'kvm', state, memory: 1, vcpus: 1, cpu_seconds: 0, pid: 1 },
});

const file = (number: number, more: Partial<RpcResult<'disk-list'>[number]> = {}) => ({
  ...{ path: `/srv/instance${number}/${plainUuid(4, number)}.raw`, dev_type: 'sharedfile' as const },
  ...{ instance_uuid: plainUuid(3, number), disk_uuid: plainUuid(4, number), size: 1024, ...more },
});

/** Verifies a cluster in which everything is well but for what the situation says; `code subject` of each finding. */
async function verify(situation: Situation) {
  const { nodes = [plainNode(0)], instances = [], answers = {}, garbage = [], certificates = [], busy = [], only } = situation;
  const config = plainConfig({ ...situation, nodes, instances });
  const calls: { node: string; method: string; params: unknown }[] = [];
  const caller = {
    call: async (uuid: string, method: RpcName, params: { shared?: { disk: { uuid: string } }[] }) => {
      const node = config.nodes.get(uuid)?.name ?? '';
      calls.push({ node, method, params });
      const answer = answers[node]?.[method];
      if (answer instanceof Error) throw answer;
      if (answer) return answer;
      const mine = config.instancesOf(uuid).primary;
      if (method === 'node-verify') return { problems: [], time: now / 1000, version };
      if (method === 'instance-list')
        return mine.filter(({ admin_state }) => admin_state === 'up').map(({ name }) => runtime(numberOf(name)));
      const external = params.shared ? mine : instances.filter(({ disk_template }) => disk_template === 'sharedfile');
      const local = mine.filter(({ disk_template }) => disk_template === 'file');
      return [...new Set([...external, ...local])].flatMap(({ name, disks }) =>
        disks.map(({ dev_type }) => file(numberOf(name), { dev_type })),
      );
    },
  } as unknown as NodeCaller;
  const context = { config, nodes: caller, clock: { now: () => now }, signal: new AbortController().signal } as unknown as PlanContext;
  const jobs = busy.map((instance_name) => ({ ops: [{ end_ts: null, input: { instance_name } }] }));
  const parts = {
    live: plainLive(situation.live),
    garbage: { list: async () => garbage, add: async () => undefined, collect: async () => undefined },
    jobs: () => ({ list: () => jobs, submitMany: async () => [] }) as never,
    certificates: async () => certificates,
  };
  const problems = await verifyCluster(context, parts, only ? nodes.filter(({ name }) => only.includes(name)) : nodes);
  return {
    problems,
    calls,
    codes: problems.map(({ code, subject, severity }) => `${severity === 'warning' ? '(' : ''}${code} ${subject}`),
  };
}

const numberOf = (name: string): number => Number(/\d+$/.exec(name)?.[0]);
const lost = (node: string) => new GantryError('NODE_UNREACHABLE', { node, address: '192.0.2.1:1811', problem: 'no route' });
const silent: Answers = { 'node-verify': lost('node1'), 'instance-list': lost('node1'), 'disk-list': lost('node1') };

describe('cluster verify', () => {
  it('finds nothing where all is well', async () => {
    const instances = [shared(0, 0), shared(1, 1), plainInstance(2, 0, 1024), shared(3, 0, { admin_state: 'down' })];
    const { codes } = await verify({ nodes: [plainNode(0), plainNode(1)], instances });
    assert.deepEqual(codes, []);
  });

  it('finds instances that should run on a node that is marked offline', async () => {
    const nodes = [plainNode(0), plainNode(1, { offline: true })];
    const instances = [shared(0, 0), shared(1, 1), shared(2, 1, { admin_state: 'down' }), plainInstance(3, 1, 1024)];
    const { codes, problems, calls } = await verify({ nodes, instances });
    assert.deepEqual(codes, ['VERIFY_INSTANCE_NODE_OFFLINE instance instance1', 'VERIFY_INSTANCE_NODE_OFFLINE instance instance3']);
    assert.equal(problems[0]?.ganeti_code, 'EINSTANCEBADNODE');
    assert.match(problems[0]?.text ?? '', /node node1 is marked offline/);
    assert.ok(calls.every(({ node }) => node === 'node0'));
  });

  it('finds a node that does not answer, and names the instances that should run there', async () => {
    const nodes = [plainNode(0), plainNode(1)];
    const instances = Array.from({ length: 12 }, (_, number) => shared(number, 1));
    const { codes, problems } = await verify({ nodes, instances, answers: { node1: silent } });
    assert.deepEqual(codes, ['NODE_UNREACHABLE node node1', 'VERIFY_NODE_INSTANCES_UNSEEN node node1']);
    assert.deepEqual(
      problems.map(({ ganeti_code }) => ganeti_code),
      ['ENODERPC', 'EINSTANCEDOWN'],
    );
    assert.match(problems[1]?.text ?? '', /12 should run: instance0, .*instance9 and 2 more/);
  });

  it('goes on with what a node can answer when one question fails', async () => {
    const disks = new GantryError('STORAGE_DIR_MISSING', { directory: '/srv/file', template: 'file' });
    const answers = { node0: { 'disk-list': disks, 'instance-list': [] } };
    const { codes } = await verify({ instances: [shared(0, 0)], answers });
    assert.deepEqual(codes, ['STORAGE_DIR_MISSING node node0', 'VERIFY_INSTANCE_DOWN instance instance0']);
  });

  it('finds instances that are down, up, elsewhere or nobody’s', async () => {
    const nodes = [plainNode(0), plainNode(1)];
    const instances = [shared(0, 0), shared(1, 0, { admin_state: 'down' }), shared(2, 1), shared(3, 0, { moving_to: plainUuid(2, 1) })];
    const answers: Record<string, Answers> = {
      node0: { 'instance-list': [runtime(0, 'shutdown'), runtime(1, 'paused'), runtime(3)] as RpcResult<'instance-list'> },
      node1: { 'instance-list': [runtime(0), runtime(2), runtime(3), runtime(9)] as RpcResult<'instance-list'> },
    };
    const { codes, problems } = await verify({ nodes, instances, answers, busy: ['instance3'] });
    assert.deepEqual(codes, [
      'VERIFY_INSTANCE_DOWN instance instance0',
      'VERIFY_INSTANCE_UP instance instance1',
      'VERIFY_INSTANCE_WRONG_NODE instance instance0',
      'VERIFY_INSTANCE_UNKNOWN instance instance9',
    ]);
    assert.deepEqual(
      problems.map(({ ganeti_code }) => ganeti_code),
      ['EINSTANCEDOWN', 'EINSTANCEWRONGNODE', 'EINSTANCEWRONGNODE', 'ENODEORPHANINSTANCE'],
    );
    const idle = await verify({ nodes, instances, answers });
    assert.deepEqual(
      idle.codes.filter((code) => code.includes('instance3')),
      ['(VERIFY_INSTANCE_MOVE_ENDED instance instance3', 'VERIFY_INSTANCE_WRONG_NODE instance instance3'],
    );
  });

  it('finds disks that are missing, cut short, or only there as a snapshot', async () => {
    const instances = [0, 1, 2, 3].map((number) => plainInstance(number, 0, 1024));
    const local = (number: number, more: object = {}) => file(number, { dev_type: 'file', ...more });
    const snapshot = local(2, { path: `/srv/instance2/${plainUuid(4, 2)}.snap-one.raw` });
    const answers = { node0: { 'disk-list': [local(1, { size: 1000 }), snapshot, local(3)] } };
    const { codes, problems } = await verify({ instances, answers });
    assert.deepEqual(codes, [
      'VERIFY_DISK_MISSING instance instance0',
      'VERIFY_DISK_SIZE instance instance1',
      'VERIFY_DISK_MISSING instance instance2',
    ]);
    assert.match(problems[1]?.text ?? '', /disk 0 has 1000 MiB on node0, 1024 MiB are configured/);
    assert.ok(!(await verify({ instances, answers, busy: ['instance1'] })).codes.some((code) => code.startsWith('VERIFY_DISK_SIZE')));
  });

  it('finds orphans on the disks of a node and on shared storage, those once', async () => {
    const groups = [plainGroup(0), plainGroup(1)];
    const nodes = [0, 1, 2, 3].map((number) => plainNode(number, { group: plainUuid(1, number % 2) }));
    const orphans = [file(7), file(8, { dev_type: 'file' }), file(9, { path: '/srv/iso/debian.iso', disk_uuid: '' })];
    const answers = Object.fromEntries(
      nodes.map(({ name }) => [name, { 'disk-list': name === 'node3' ? [file(8, { dev_type: 'file' })] : orphans }]),
    );
    const { codes, problems } = await verify({ groups, nodes, answers });
    assert.deepEqual(codes, [
      'VERIFY_DISK_UNKNOWN shared storage of group group0',
      '(VERIFY_FILE_UNKNOWN shared storage of group group0',
      ...nodes.map(({ name }) => `VERIFY_DISK_UNKNOWN node ${name}`),
    ]);
    assert.match(problems[0]?.text ?? '', new RegExp(`instance7/${plainUuid(4, 7)}.raw belongs to no instance`));
  });

  it('asks one node of each group for all of shared storage, and the next one when that fails', async () => {
    const groups = [plainGroup(0), plainGroup(1)];
    const nodes = Array.from({ length: 80 }, (_, number) => plainNode(number, { group: plainUuid(1, number % 2) }));
    const instances = nodes.map((_node, number) => shared(number, number));
    const answers = { node0: { 'node-verify': lost('node0'), 'instance-list': lost('node0'), 'disk-list': lost('node0') } };
    const { calls } = await verify({ groups, nodes, instances, answers });
    const lists = calls.filter(({ method }) => method === 'disk-list');
    const whole = lists.filter(({ params }) => !(params as { shared?: unknown }).shared).map(({ node }) => node);
    assert.equal(lists.length, 80);
    assert.deepEqual(whole.slice(0, 2), ['node0', 'node1']);
    assert.equal(whole.length, 3);
    assert.equal(numberOf(whole[2] ?? '') % 2, 0);
    const few = lists.find(({ node }) => node === 'node7')?.params as { shared: { disk: { uuid: string } }[] };
    assert.deepEqual(
      few.shared.map(({ disk }) => disk.uuid),
      [plainUuid(4, 7)],
    );
  });

  it('finds clocks that differ by more than the calls took', async () => {
    const at = (seconds: number): Answers => ({ 'node-verify': { problems: [], time: now / 1000 + seconds, version } });
    const nodes = [0, 1, 2, 3].map((number) => plainNode(number));
    const { codes, problems } = await verify({ nodes, answers: { node0: at(150), node1: at(151), node2: at(-150), node3: at(-3600) } });
    assert.deepEqual(codes, ['VERIFY_NODE_CLOCK node node1', 'VERIFY_NODE_CLOCK node node3']);
    assert.match(problems[1]?.text ?? '', /by 3600 s/);
    assert.equal(problems[1]?.ganeti_code, 'ENODETIME');
  });

  it('finds agents of another version', async () => {
    const [major, minor] = version.split('.');
    const of = (text: string): Answers => ({ 'node-verify': { problems: [], time: now / 1000, version: text } });
    const before: Answers = { 'node-verify': { problems: [] } };
    const nodes = [0, 1, 2].map((number) => plainNode(number));
    const answers = { node0: of(`${major}.${minor}.99`), node1: of('99.0.0'), node2: before };
    const { codes, problems } = await verify({ nodes, answers, live: { [plainUuid(2, 2)]: { version: '98.1' } } });
    assert.deepEqual(codes, ['(VERIFY_NODE_RELEASE node node0', 'VERIFY_NODE_VERSION node node1', 'VERIFY_NODE_VERSION node node2']);
    assert.deepEqual(new Set(problems.map(({ ganeti_code }) => ganeti_code)), new Set(['ENODEVERSION']));
  });

  it('finds certificates near their end, of nodes and of the master', async () => {
    const ends = (days: number) => ({ certificate_expires: now / 1000 + days * day });
    const nodes = [0, 1, 2, 3].map((number) => plainNode(number));
    const live = { [plainUuid(2, 0)]: ends(-1), [plainUuid(2, 1)]: ends(6), [plainUuid(2, 2)]: ends(29), [plainUuid(2, 3)]: ends(31) };
    // It is signed now, and the clock of this test is years ahead.
    const { certificate } = await createAuthority('test');
    const { codes } = await verify({ nodes, live, certificates: [{ name: 'CA of the cluster', certificate }] });
    const own = codes.filter((code) => code.includes('CA of'));
    const of = (code: string, node: number) => `${code} node node${node}: certificate of the node`;
    assert.deepEqual(
      codes.filter((code) => !own.includes(code)),
      [of('VERIFY_CERTIFICATE_ENDED', 0), of('VERIFY_CERTIFICATE_ENDS', 1), of('(VERIFY_CERTIFICATE_ENDS_SOON', 2)],
    );
  });

  it('tells what waits for a node to be removed there', async () => {
    const left: Garbage = { type: 'instance', node: plainUuid(2, 0), uuid: 'u', name: 'old', hypervisor: 'kvm' };
    const gone: Garbage = { ...left, node: 'a node that is gone' };
    const { codes } = await verify({ garbage: [left, gone] });
    assert.deepEqual(codes, ['(VERIFY_GARBAGE_LEFT node node0']);
  });

  it('hands on what a node finds itself', async () => {
    const problems = [{ code: 'VERIFY_BRIDGE_MISSING', subject: 'bridge br0', text: 'no', todo: 'make it' }];
    const found = await verify({ answers: { node0: { 'node-verify': { problems, time: now / 1000, version } } } });
    assert.deepEqual(found.problems, [{ ...problems[0], subject: 'node node0: bridge br0', severity: 'error', ganeti_code: 'ENODESETUP' }]);
  });

  it('looks at the nodes that are asked for alone', async () => {
    const nodes = [plainNode(0), plainNode(1), plainNode(2, { offline: true })];
    const instances = [shared(0, 0), shared(1, 1), shared(2, 2)];
    const down: Answers = { 'instance-list': [] };
    const { codes } = await verify({ nodes, instances, answers: { node0: down, node1: down }, only: ['node1'] });
    assert.deepEqual(codes, ['VERIFY_INSTANCE_DOWN instance instance1']);
  });

  it('tells as much of an outage of everything as a job can hold, and how much more there is', async () => {
    const nodes = [plainNode(0, { offline: true })];
    const instances = Array.from({ length: 5000 }, (_, number) => shared(number, 0));
    const garbage: Garbage[] = [{ type: 'instance', node: plainUuid(2, 0), uuid: 'u', name: 'old', hypervisor: 'kvm' }];
    const { problems } = await verify({ nodes, instances, garbage });
    assert.ok(JSON.stringify(problems).length < 300_000);
    const last = problems.at(-1);
    assert.equal(last?.code, 'VERIFY_MANY');
    assert.match(last?.text ?? '', new RegExp(`^${5001 - (problems.length - 1)} more findings`));
    assert.ok(!problems.some(({ code }) => code === 'VERIFY_GARBAGE_LEFT'), 'a warning took the room of an error');
  });

  it('lets other work of the master go on between any two checks, and stops when it is cancelled', async () => {
    const nodes = Array.from({ length: 40 }, (_, number) => plainNode(number));
    const config = plainConfig({ nodes, instances: [] });
    const stop = new AbortController();
    const caller = { call: async (_node: string, method: string) => (method === 'node-verify' ? { problems: [] } : []) };
    const context = { config, nodes: caller, clock: { now: () => now }, signal: stop.signal } as unknown as PlanContext;
    let turns = 0;
    let counting = false;
    const count = () => {
      turns++;
      if (counting) setImmediate(count);
    };
    const parts = (certificates: () => void) => ({
      live: plainLive(),
      garbage: { list: async () => [], add: async () => undefined, collect: async () => undefined },
      jobs: () => ({ list: () => [], submitMany: async () => [] }) as never,
      certificates: async () => {
        certificates();
        return [];
      },
    });
    const begin = () => {
      counting = true;
      setImmediate(count);
    };
    await verifyCluster(context, parts(begin), nodes);
    counting = false;
    assert.ok(turns >= 40, `${turns} turns of the event loop`);
    const reason = new Error('cancelled');
    await assert.rejects(
      verifyCluster(
        context,
        parts(() => stop.abort(reason)),
        nodes.slice(0, 1),
      ),
    );
  });
});
