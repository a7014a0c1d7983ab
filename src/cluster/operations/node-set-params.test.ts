import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Node } from '../../model/index.ts';
import { perform, type Scene } from '../testing/perform.ts';
import { plainInstance, plainNode, plainUuid } from '../testing/plain-config.ts';
import { nodeSetParams } from './node-set-params.ts';

/** Changes node1 of three; node0 leads. The pool has room for as many candidates as `pool`. */
const change = (
  params: Readonly<Record<string, unknown>>,
  node: Partial<Node> = {},
  { pool = 10, ...scene }: Scene & { pool?: number } = {},
) =>
  perform(
    nodeSetParams,
    { node_name: 'node1', ...params },
    { nodes: [plainNode(0), plainNode(1, node), plainNode(2)], cluster: { candidate_pool_size: pool }, ...scene },
  );
const flags = ({ master_candidate, offline, drained, master_capable, vm_capable }: Node) =>
  Object.entries({ master_candidate, offline, drained, master_capable, vm_capable })
    .filter(([, value]) => value)
    .map(([name]) => name)
    .join(' ');
const node = { candidate: {}, regular: { master_candidate: false }, drained: { drained: true, master_candidate: false } };
const offline = { offline: true, master_candidate: false };

describe('roles of a node', () => {
  const cases: [before: Partial<Node>, params: Record<string, unknown>, after: string, changes: Record<string, unknown>][] = [
    [node.candidate, { offline: true, force: true }, 'offline master_capable vm_capable', { offline: true, master_candidate: false }],
    [node.candidate, { drained: true, force: true }, 'drained master_capable vm_capable', { drained: true, master_candidate: false }],
    [node.candidate, { master_candidate: false, force: true }, 'master_capable vm_capable', { master_candidate: false }],
    [node.candidate, { master_capable: false, force: true }, 'vm_capable', { master_capable: false, master_candidate: false }],
    [node.candidate, { vm_capable: false }, 'master_candidate master_capable', { vm_capable: false }],
    [node.candidate, { vm_capable: true, offline: null }, 'master_candidate master_capable vm_capable', { vm_capable: true }],
    [node.drained, { offline: true }, 'offline master_capable vm_capable', { offline: true, drained: false }],
    [offline, { drained: true }, 'drained master_capable vm_capable', { drained: true, offline: false }],
    [offline, { master_candidate: true }, 'master_candidate master_capable vm_capable', { master_candidate: true, offline: false }],
    [node.drained, { master_candidate: true }, 'master_candidate master_capable vm_capable', { master_candidate: true, drained: false }],
    [node.drained, { drained: false }, 'master_candidate master_capable vm_capable', { drained: false, master_candidate: true }],
    [node.drained, { drained: false, master_candidate: false }, 'master_capable vm_capable', { drained: false }],
    [offline, { offline: false }, 'master_candidate master_capable vm_capable', { offline: false, master_candidate: true }],
    [node.regular, { vm_capable: false }, 'master_capable', { vm_capable: false }],
    [{ ...offline, master_capable: false }, { offline: false }, 'vm_capable', { offline: false }],
    [
      { master_candidate: false, master_capable: false },
      { master_capable: true },
      'master_candidate master_capable vm_capable',
      { master_capable: true, master_candidate: true },
    ],
  ];
  for (const [before, params, after, changes] of cases) {
    it(`${JSON.stringify(before)} with ${JSON.stringify(params)}: ${after}`, async () => {
      const { config, result, error, log } = await change(params, before);
      assert.equal(error, undefined);
      assert.equal(flags(config.nodes.find('node1') as Node), after);
      assert.deepEqual(Object.fromEntries(result as [string, unknown][]), changes);
      const promoted = changes['master_candidate'] === true && params['master_candidate'] !== true;
      assert.deepEqual(log, promoted ? ['Node node1 becomes a master candidate.'] : []);
    });
  }

  it('stay as they are where the pool is full', async () => {
    const { config, log } = await change({ drained: false }, node.drained, { pool: 2 });
    assert.equal(flags(config.nodes.find('node1') as Node), 'master_capable vm_capable');
    assert.deepEqual(log, []);
  });

  it('take parameters beside what was set', async () => {
    const { config, result } = await change({ ndparams: { spindle_count: 3 } }, { ndparams: { oob_program: '/bin/oob' } });
    assert.deepEqual(config.nodes.find('node1')?.ndparams, { oob_program: '/bin/oob', spindle_count: 3 });
    assert.deepEqual(result, [['ndparams', { oob_program: '/bin/oob', spindle_count: 3 }]]);
  });
});

describe('a role is refused', () => {
  const cases: [what: string, params: Record<string, unknown>, before: Partial<Node>, code: string, scene?: Scene & { pool?: number }][] = [
    ['for a node that nobody knows', { node_name: 'node7' }, {}, 'OBJECT_UNKNOWN'],
    ['with another one', { offline: true, drained: true }, {}, 'INPUT_INVALID'],
    ['with being a candidate', { offline: true, master_candidate: true }, {}, 'INPUT_INVALID'],
    ['to a node that cannot be master', { master_candidate: true }, { master_capable: false, master_candidate: false }, 'INPUT_INVALID'],
    [
      'that leaves too few candidates',
      { offline: true },
      {},
      'CANDIDATES_TOO_FEW',
      { nodes: [plainNode(0), plainNode(1), plainNode(2, node.regular)] },
    ],
    [
      'that leaves too few candidates, too',
      { master_candidate: false },
      {},
      'CANDIDATES_TOO_FEW',
      { nodes: [plainNode(0), plainNode(1), plainNode(2, node.regular)] },
    ],
    ['that would take the master out', { node_name: 'node0', offline: true, force: true }, {}, 'NODE_IS_MASTER'],
    ['that would drain the master', { node_name: 'node0', drained: true, force: true }, {}, 'NODE_IS_MASTER'],
    ['that would make no candidate of the master', { node_name: 'node0', master_candidate: false, force: true }, {}, 'NODE_IS_MASTER'],
    ['to a node with instances', { vm_capable: false }, {}, 'NODE_NOT_EMPTY', { instances: [plainInstance(0, 1, 1)] }],
    [
      'to a node to which one comes',
      { vm_capable: false },
      {},
      'NODE_NOT_EMPTY',
      { instances: [plainInstance(0, 0, 1, { moving_to: plainUuid(2, 1) })] },
    ],
  ];
  for (const [what, params, before, code, scene] of cases) it(what, () => assert.rejects(change(params, before, scene), { code }));

  it('but not where enough are left, or others take its place', async () => {
    assert.equal((await change({ offline: true })).error, undefined, 'nobody else could be a candidate');
    const nodes = [plainNode(0), plainNode(1), plainNode(2, node.regular)];
    assert.equal((await change({ offline: true }, {}, { nodes, pool: 1 })).error, undefined);
    const { config, read } = await change({ offline: true, auto_promote: true }, {}, { nodes });
    assert.equal(config.nodes.find('node2')?.master_candidate, true);
    assert.ok(read.includes('node node0'), 'it depends on the other candidates');
    const forced = await change({ offline: true, force: true }, {}, { nodes });
    assert.equal(forced.config.nodes.find('node2')?.master_candidate, false);
    assert.ok(!(await change({ vm_capable: false }, {}, { nodes })).read.includes('node node0'));
    const master = await change({ node_name: 'node0', vm_capable: false });
    assert.equal(master.error, undefined, 'the master need not run instances');
    const empty = await change({ offline: true, force: true }, {}, { instances: [plainInstance(0, 1, 1)] });
    assert.equal(empty.error, undefined, 'an offline node keeps its instances');
    assert.equal((await change({ vm_capable: false }, { vm_capable: false }, { instances: [plainInstance(0, 1, 1)] })).error, undefined);
  });

  it('holds off placements only where instances lose their place', () => {
    const operation = nodeSetParams();
    const kinds = (params: Record<string, unknown>) =>
      operation.locks?.({ node_name: 'node1', ...params }, {} as never).map(({ kind, mode }) => `${kind} ${mode}`);
    assert.deepEqual(kinds({ vm_capable: false }), ['node exclusive', 'allocation shared']);
    assert.deepEqual(kinds({ offline: true }), ['node exclusive']);
  });
});
