import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { GantryError, version } from '../../base/index.ts';
import type { PlanContext } from '../../jobs/index.ts';
import type { Instance } from '../../model/index.ts';
import type { RpcResult, VerifyProblem } from '../../rpc/index.ts';
import type { Garbage } from '../garbage.ts';
import { runtimeOfPlain } from '../testing/perform.ts';
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
import { askNodes } from './ask-nodes.ts';
import { certificateEnd } from './certificate-end.ts';
import { checkClocks } from './check-clocks.ts';
import { checkEndedMoves } from './check-ended-moves.ts';
import { checkForeignFiles } from './check-foreign-files.ts';
import { checkGarbage } from './check-garbage.ts';
import { checkInstancePlaces } from './check-instance-places.ts';
import { checkJoinedNodes } from './check-joined-nodes.ts';
import { checkMissingDisks } from './check-missing-disks.ts';
import { checkNodeCertificates } from './check-node-certificates.ts';
import { checkNodeReports } from './check-node-reports.ts';
import { checkOfflineNodes } from './check-offline-nodes.ts';
import { checkSharedOrphans } from './check-shared-orphans.ts';
import { checkStalledInstances } from './check-stalled-instances.ts';
import { checkUnknownDisks } from './check-unknown-disks.ts';
import { checkUnsettledDisks } from './check-unsettled-disks.ts';
import { checkVersions } from './check-versions.ts';
import { nameSome } from './name-some.ts';
import type { NodeAnswers, VerifyView } from './verify-view.ts';

// Each check by itself, at its edges; that they work together is in verify-cluster.test.ts.

const [node0, node1] = [plainUuid(2, 0), plainUuid(2, 1)];
const view = (objects: Partial<PlainObjects> = {}, more: Partial<VerifyView> = {}): VerifyView => {
  const config = plainConfig({ nodes: [plainNode(0), plainNode(1)], instances: [], ...objects });
  const nodes = [...config.nodes.values()];
  const diskOwners = new Map([...config.instances.values()].flatMap((instance) => instance.disks.map(({ uuid }) => [uuid, instance])));
  return {
    ...{ config, live: plainLive(), now: 2e12, nodes, answers: new Map(), failures: new Map(), busy: new Set<string>() },
    ...{ diskOwners, garbage: [], certificates: [] },
    ...more,
  };
};
const answers = (more: Partial<NodeAnswers> = {}): NodeAnswers => ({
  ...{ node: plainNode(0), primaries: [], verified: undefined, running: undefined, disks: undefined, listsShared: false },
  ...{ failures: [], askedAt: 2e12, answeredAt: 2e12 },
  ...more,
});
const told = (problems: Iterable<VerifyProblem>) => [...problems].map(({ code, subject }) => `${code} ${subject}`);
const texts = (problems: Iterable<VerifyProblem>) => [...problems].map(({ text }) => text);
const list = (...found: unknown[]) => found as RpcResult<'disk-list'>;
const disk = (number: number, more: object = {}) => ({
  ...{
    path: `/srv/${plainUuid(4, number)}.raw`,
    dev_type: 'file',
    instance_uuid: '',
    disk_uuid: plainUuid(4, number),
    size: 1024,
    ...more,
  },
});
const moving = (more: Partial<Instance> = {}) => plainInstance(0, 0, 1024, { name: 'Web', moving_to: node1, ...more });

describe('certificates', () => {
  it('are told a month, a week and no time before their end', () => {
    const day = 86_400_000;
    const of = (left: number) => told(certificateEnd('it', 2e12 + left, 2e12)).join();
    const [ended, ends, soon] = ['VERIFY_CERTIFICATE_ENDED it', 'VERIFY_CERTIFICATE_ENDS it', 'VERIFY_CERTIFICATE_ENDS_SOON it'];
    assert.deepEqual(
      [of(-1), of(0), of(1), of(7 * day - 1), of(7 * day), of(30 * day - 1), of(30 * day)],
      [ended, ended, ends, ends, soon, soon, ''],
    );
    const [problem] = [...certificateEnd('it', Date.UTC(2033, 4, 20), Date.UTC(2033, 4, 17))];
    assert.match(problem?.text ?? '', /2033-05-20/);
    assert.match(problem?.text ?? '', /3 days/);
    const live = plainLive({ [node0]: { certificate_expires: 2e9 } });
    assert.deepEqual(told(checkNodeCertificates(view({}, { live }), answers())), [
      'VERIFY_CERTIFICATE_ENDED node node0: certificate of the node',
    ]);
    assert.deepEqual(told(checkNodeCertificates(view(), answers())), []);
  });
});

describe('clocks', () => {
  it('may differ by the time that the answer took, and a little', () => {
    const of = (time: number | undefined, took = 0) =>
      texts(checkClocks(view(), answers({ verified: { problems: [], time } as never, askedAt: 2e12, answeredAt: 2e12 + took * 1000 })));
    assert.deepEqual([of(2e9 - 150), of(2e9 + 150), of(2e9 + 160, 10), of(undefined)], [[], [], [], []]);
    assert.match(of(2e9 - 151)[0] ?? '', /151 s/);
    assert.match(of(2e9 + 161, 10)[0] ?? '', /151 s/);
    assert.deepEqual(told(checkClocks(view(), answers())), []);
  });
});

describe('a node that has not joined', () => {
  it('is told once, with the number of its instances, and these are not told as lost', () => {
    const nodes = [plainNode(0), plainNode(1, { offline: true, certificate_fingerprint: '' })];
    const looked = view({ nodes, instances: [plainInstance(0, 1, 1), plainInstance(1, 1, 1), plainInstance(2, 0, 1)] });
    assert.deepEqual(told(checkJoinedNodes(looked)), ['VERIFY_NODE_NOT_JOINED node node1']);
    assert.match(texts(checkJoinedNodes(looked))[0] ?? '', /2 instances/);
    assert.deepEqual(told(checkOfflineNodes(looked)), []);
    const offline = view({ nodes: [plainNode(0), plainNode(1, { offline: true })], instances: [plainInstance(0, 1, 1)] });
    assert.deepEqual(told(checkJoinedNodes(offline)), []);
    assert.deepEqual(told(checkOfflineNodes(offline)), ['VERIFY_INSTANCE_NODE_OFFLINE instance instance0']);
  });
});

describe('versions', () => {
  it('come from the answer, else from the last report', () => {
    const of = (verified: string | undefined, reported: string) =>
      told(
        checkVersions(
          view({}, { live: plainLive({ [node0]: { version: reported } }) }),
          answers({ verified: { problems: [], version: verified } as never }),
        ),
      );
    const [major, minor] = version.split('.').map(Number);
    assert.deepEqual([of(version, '0.0'), of(undefined, version), of(undefined, '')], [[], [], []]);
    assert.deepEqual(of(`${major}.${minor}.77`, ''), ['VERIFY_NODE_RELEASE node node0']);
    assert.deepEqual(of(`${major}.${(minor ?? 0) + 1}.0`, version), ['VERIFY_NODE_RELEASE node node0']);
    assert.deepEqual(of(`${major}.${(minor ?? 0) + 2}.0`, version), ['VERIFY_NODE_VERSION node node0']);
    assert.deepEqual(of(undefined, `${(major ?? 0) + 1}.${minor}.0`), ['VERIFY_NODE_VERSION node node0']);
  });
});

describe('moves', () => {
  it('that nobody makes any more are told', () => {
    const of = (instance: Instance, busy: string[] = []) =>
      texts(checkEndedMoves(view({}, { busy: new Set(busy) }), answers({ primaries: [instance] })));
    assert.match(of(moving())[0] ?? '', /node1/);
    assert.match(of(moving({ moving_to: 'gone' }))[0] ?? '', /gone/);
    assert.deepEqual([of(moving(), ['web']), of(plainInstance(0, 0, 1))], [[], []]);
  });

  it('have their instance on two nodes', () => {
    const of = (instance: Instance, node: number, busy: string[] = []) =>
      told(
        checkInstancePlaces(
          view({ instances: [instance] }, { busy: new Set(busy) }),
          answers({ node: plainNode(node), running: [runtimeOfPlain(0)] as never }),
        ),
      );
    assert.deepEqual([of(moving(), 0), of(moving(), 1, ['web'])], [[], []]);
    assert.deepEqual(of(moving(), 1), ['VERIFY_INSTANCE_WRONG_NODE instance Web']);
    assert.deepEqual(of(moving({ moving_to: 'other' }), 1, ['web']), ['VERIFY_INSTANCE_WRONG_NODE instance Web']);
    assert.deepEqual(told(checkInstancePlaces(view(), answers())), []);
    const wrong = (instance: Instance) =>
      texts(
        checkInstancePlaces(view({ instances: [instance] }), answers({ node: plainNode(1), running: [runtimeOfPlain(0)] as never })),
      )[0] ?? '';
    assert.match(wrong(plainInstance(0, 0, 1)), /node1.*node0/);
    assert.match(wrong(plainInstance(0, 0, 1, { primary_node: 'gone' })), /gone/);
  });
});

describe('what operations left behind', () => {
  it('is told of nodes that are verified', () => {
    const owner = { uuid: plainUuid(3, 1), name: 'old' };
    const instance: Garbage = { type: 'instance', node: node0, ...owner, hypervisor: 'kvm' };
    const left: Garbage[] = [
      instance,
      { type: 'disk', node: node0, disk: { uuid: 'd1' } as never, owner },
      { ...instance, node: node1 },
      { ...instance, node: 'gone' },
    ];
    const found = [...checkGarbage(view({}, { garbage: left, nodes: [plainNode(0)] }))];
    assert.deepEqual(told(found), ['VERIFY_GARBAGE_LEFT node node0', 'VERIFY_GARBAGE_LEFT node node0']);
    assert.match(found[0]?.text ?? '', /instance old/);
    assert.match(found[1]?.text ?? '', /disk d1 of old/);
  });
});

describe('a guest that stands still', () => {
  it('is told where the instance belongs', () => {
    const running = [
      runtimeOfPlain(0, 'running', { problem: 'no room' }),
      runtimeOfPlain(1),
      runtimeOfPlain(9, 'running', { problem: 'no room' }),
    ];
    const found = [
      ...checkStalledInstances(view(), answers({ primaries: [plainInstance(0, 0, 1), plainInstance(1, 0, 1)], running: running as never })),
    ];
    assert.deepEqual(told(found), ['VERIFY_INSTANCE_STALLED instance instance0']);
    assert.match(found[0]?.text ?? '', /no room/);
    assert.deepEqual(told(checkStalledInstances(view(), answers())), []);
  });
});

describe('disks', () => {
  it('are missing when only a snapshot or half of one is there', () => {
    const { uuid } = plainInstance(0, 0, 1024).disks[0] ?? { uuid: '' };
    const of = (...found: unknown[]) =>
      told(checkMissingDisks(view(), answers({ primaries: [plainInstance(0, 0, 1024)], disks: list(...found) })));
    const missing = ['VERIFY_DISK_MISSING instance instance0'];
    assert.deepEqual([of(disk(0)), of(), of(disk(9))], [[], missing, missing]);
    for (const path of [`/srv/${uuid}.raw.new`, `/srv/${uuid}.snap-1.raw`]) assert.deepEqual(of(disk(0, { path })), missing, path);
    assert.deepEqual(of(disk(0, { path: `/srv.new/.snap-x/${uuid}.raw` })), [], 'the name of the folder does not matter');
    assert.deepEqual(told(checkMissingDisks(view(), answers({ primaries: [plainInstance(0, 0, 1)] }))), []);
  });

  it('are told while they are in a folder that has the name of their instance', () => {
    const of = (...logicalId: string[]) => {
      const { disks, ...instance } = plainInstance(0, 0, 1024);
      const primaries = [{ ...instance, disks: disks.map((one) => ({ ...one, logical_id: logicalId })) }, plainInstance(1, 0, 1024)];
      return [...checkUnsettledDisks(view(), answers({ primaries }))];
    };
    const file = `${plainUuid(4, 0)}.raw`;
    const found = of('loop', `/srv/file/instance0/${file}`);
    assert.deepEqual(told(found), ['VERIFY_DISK_PLACE_OLD instance instance0']);
    assert.match(found[0]?.text ?? '', new RegExp(plainUuid(4, 0)));
    assert.match(found[0]?.todo ?? '', /gantry instance reboot --type hard instance0/);
    assert.deepEqual([of('loop', `/srv/file/${plainUuid(3, 0)}/${file}`), of('loop', '/srv/file/instance0/own.raw'), of()], [[], [], []]);
  });

  it('that nobody has are told, and files between them', () => {
    const instances = [plainInstance(0, 0, 1024)];
    const found = list(
      disk(0),
      disk(7),
      disk(8, { dev_type: 'sharedfile' }),
      disk(9, { disk_uuid: '', path: '/srv/notes' }),
      disk(9, { disk_uuid: '', dev_type: 'sharedfile', path: '/shared/notes' }),
    );
    const of = (check: typeof checkUnknownDisks) => texts(check(view({ instances }), answers({ disks: found })));
    assert.equal(of(checkUnknownDisks).length, 1);
    assert.match(of(checkUnknownDisks)[0] ?? '', new RegExp(plainUuid(4, 7)));
    assert.equal(of(checkForeignFiles).length, 1);
    assert.match(of(checkForeignFiles)[0] ?? '', /\/srv\/notes/);
    assert.deepEqual([told(checkUnknownDisks(view(), answers())), told(checkForeignFiles(view(), answers()))], [[], []]);
    const shared = (more: Partial<NodeAnswers>) => {
      const all = new Map([[node0, answers({ listsShared: true, disks: found, ...more })]]);
      return [...checkSharedOrphans(view({ instances }, { answers: all }))];
    };
    assert.deepEqual(told(shared({})), [
      'VERIFY_DISK_UNKNOWN shared storage of group group0',
      'VERIFY_FILE_UNKNOWN shared storage of group group0',
    ]);
    assert.deepEqual([shared({ listsShared: false }), shared({ disks: undefined })], [[], []]);
    assert.match(shared({ node: plainNode(0, { group: 'gone' }) })[0]?.subject ?? '', /group gone/);
  });
});

describe('what nodes find themselves', () => {
  it('is handed on with the node, and what they could not answer', () => {
    const failure = new GantryError('STORAGE_DIR_MISSING', { directory: '/srv/file', template: 'file' });
    const problem = { code: 'VERIFY_BRIDGE_MISSING', subject: 'bridge br0', text: 'no', todo: 'make it' } as const;
    const found = [...checkNodeReports(view(), answers({ failures: [failure], verified: { problems: [problem] } as never }))];
    assert.deepEqual(told(found), ['STORAGE_DIR_MISSING node node0', 'VERIFY_BRIDGE_MISSING node node0: bridge br0']);
    assert.deepEqual([found[0]?.ganeti_code, found[0]?.text, found[0]?.todo], ['ENODERPC', failure.message, failure.toReport().todo]);
    assert.deepEqual(told(checkNodeReports(view(), answers())), []);
  });
});

it('a long list of names is cut', () => {
  const names = ['a', 'b', 'c', 'd'];
  assert.deepEqual(
    [nameSome(names), nameSome(names, 4), nameSome(names, 3), nameSome([])],
    ['a, b, c, d', 'a, b, c, d', 'a, b, c and 1 more', ''],
  );
});

describe('the questions to the nodes', () => {
  const answer = (method: string) => (method === 'node-verify' ? { problems: [] } : []);
  const ask = async (
    objects: Partial<PlainObjects>,
    meet: (node: string, method: string) => void = () => undefined,
    signal = new AbortController().signal,
  ) => {
    const config = plainConfig({ nodes: [plainNode(0), plainNode(1)], instances: [], ...objects });
    const calls: [string, string, unknown][] = [];
    let time = 100;
    const nodes = {
      call: async (uuid: string, method: string, params: unknown) => {
        const name = config.nodes.get(uuid)?.name ?? '';
        calls.push([name, method, params]);
        await new Promise(setImmediate);
        meet(name, method);
        return answer(method);
      },
    };
    const context = { config, nodes, signal, clock: { now: () => time++ } } as unknown as PlanContext;
    return { calls, ...(await askNodes(context, [...config.nodes.values()])) };
  };
  const lost = new GantryError('NODE_UNREACHABLE', { node: 'x', address: 'y', problem: 'z' });

  it('are about everything that a node needs', async () => {
    const lan = plainNetwork(0, { groups: { [plainUuid(1, 0)]: { mode: 'bridged', link: 'br7', vlan: '' } } });
    const one = { nodes: [plainNode(0)], networks: [lan] };
    const { calls, answers: found } = await ask(one);
    const questions = { bridges: ['br7'], switches: [], hypervisors: ['kvm'], storage_dirs: ['/srv/file', '/srv/shared'] };
    assert.deepEqual(calls, [
      ['node0', 'node-verify', questions],
      ['node0', 'instance-list', {}],
      ['node0', 'disk-list', {}],
    ]);
    const { verified, running, disks, listsShared, failures, askedAt, answeredAt } = found.get(node0) as NodeAnswers;
    assert.deepEqual(
      [verified, running, disks, listsShared, failures, askedAt, answeredAt],
      [{ problems: [] }, [], [], true, [], 100, 101],
    );
    const dirs = async (enabled_disk_templates: never[]) =>
      ((await ask({ ...one, cluster: { enabled_disk_templates } })).calls[0]?.[2] as { storage_dirs: string[] }).storage_dirs;
    assert.deepEqual(
      [await dirs(['file'] as never), await dirs(['sharedfile'] as never), await dirs(['diskless'] as never)],
      [['/srv/file'], ['/srv/shared'], []],
    );
  });

  it('are not put to nodes that are offline; of shared storage one of a group tells all', async () => {
    const instances = [
      plainInstance(0, 1, 8, { disk_template: 'sharedfile' }),
      plainInstance(1, 1, 8),
      plainInstance(2, 0, 8, { disk_template: 'sharedfile' }),
    ];
    const { calls, answers: found } = await ask({
      nodes: [plainNode(0), plainNode(1), plainNode(2, { offline: true }), plainNode(3, { group: plainUuid(1, 1) })],
      groups: [plainGroup(0), plainGroup(1)],
      instances,
    });
    const disks = calls.filter(([, method]) => method === 'disk-list').map(([node, , params]) => [node, params] as const);
    assert.deepEqual(
      disks.map(([node]) => node),
      ['node0', 'node1', 'node3'],
    );
    assert.deepEqual([disks[0]?.[1], disks[2]?.[1]], [{}, {}]);
    const { shared } = disks[1]?.[1] as { shared: { disk: { uuid: string }; instance: object }[] };
    assert.deepEqual(
      shared.map(({ disk: { uuid }, instance }) => [uuid, instance]),
      [[plainUuid(4, 0), { uuid: plainUuid(3, 0), name: 'instance0' }]],
    );
    assert.deepEqual(
      [...found.values()].map(({ node, listsShared, primaries }) => [node.name, listsShared, primaries.length]),
      [
        ['node0', true, 1],
        ['node1', false, 2],
        ['node3', true, 0],
      ],
    );
  });

  it('that fail are told; a node that answers none has not answered', async () => {
    const { answers: found, failures } = await ask({}, (node, method) => {
      if (node === 'node0' || method === 'node-verify') throw lost;
    });
    assert.deepEqual([...failures], [[node0, lost]]);
    const { failures: some, verified, running, disks, listsShared } = found.get(node1) as NodeAnswers;
    assert.deepEqual([some, verified, running, disks, listsShared, found.size], [[lost], undefined, [], [], false, 1]);
  });

  it('go to another node of the group when one cannot tell of shared storage', async () => {
    const many = { nodes: Array.from({ length: 33 }, (_, number) => plainNode(number)) };
    const told = async (bad: (node: string, method: string) => boolean) => {
      const { calls } = await ask(many, (node, method) => {
        if (bad(node, method)) throw lost;
      });
      return calls.filter(([, method, params]) => method === 'disk-list' && !(params as { shared?: unknown }).shared).map(([node]) => node);
    };
    assert.deepEqual(await told(() => false), ['node0']);
    assert.deepEqual(await told((node, method) => node === 'node0' && method === 'disk-list'), ['node0', 'node32']);
    assert.deepEqual(await told((node) => node === 'node0'), ['node0', 'node32']);
    assert.deepEqual(await told((node, method) => node === 'node0' && method === 'node-verify'), ['node0']);
    assert.deepEqual(await told((node, method) => node === 'node1' && method === 'disk-list'), ['node0']);
  });

  it('stop when the job is cancelled', async () => {
    const reason = new Error('cancelled');
    await assert.rejects(ask({}, undefined, AbortSignal.abort(reason)), reason);
  });
});
