import { GantryError } from '../../base/index.ts';
import { defineOperation } from '../../jobs/index.ts';
import { type Node, type OpcodeParams, opcodes, withGiven } from '../../model/index.ts';
import type { ConfigSnapshot } from '../../store/index.ts';
import { findNode } from '../lib/find-object.ts';
import { noPlacement } from '../lib/no-placement.ts';
import { fillCandidatePool, mayBeCandidate, missingCandidates, nodesAfter } from '../lib/nodes/candidate-pool.ts';
import { requireJoined } from '../lib/nodes/require-node.ts';

type Params = OpcodeParams<typeof opcodes.nodeSetParams>;
const flags = ['master_candidate', 'offline', 'drained', 'master_capable', 'vm_capable'] as const;

interface SetParamsPlan {
  readonly uuid: string;
  readonly changes: Partial<Node>;
  /** Capabilities that the request names: the result tells them whether they change or not, as Ganeti's. */
  readonly given?: Partial<Node>;
  readonly force: boolean;
  /** Whether other nodes become candidates in its place. */
  readonly promote: boolean;
}

export const nodeSetParams = () =>
  defineOperation(opcodes.nodeSetParams, {
    locks: (params) => [...opcodes.nodeSetParams.touches(params), ...(params.vm_capable === false ? [noPlacement] : [])],
    async plan({ config, log }, params): Promise<SetParamsPlan> {
      const node = findNode(config, params.node_name);
      requireOneRole(params);
      const changes = withOwnPromotion(config, node, changesOf(node, params), params);
      if (changes.master_candidate && params.master_candidate !== true) log(`Node ${node.name} becomes a master candidate.`);
      const promote = params.auto_promote ?? false;
      check(config, node, { ...node, ...changes }, { force: params.force ?? false, promote });
      return { uuid: node.uuid, changes, given: capabilitiesIn(params), force: params.force ?? false, promote };
    },
    steps: ({ uuid, changes, force, promote }) => [
      {
        id: 'change-node',
        title: 'change the node',
        commit(draft) {
          const node = draft.need('node', uuid);
          // Another node may be losing its role at the same time: then one of the two has to look again.
          if (changes.master_candidate === false) {
            for (const each of draft.snapshot.nodes.values()) if (each.master_candidate) draft.get('node', each.uuid);
          }
          const after = { ...node, ...changes };
          check(draft.snapshot, node, after, { force, promote });
          draft.update('node', uuid, (old) => ({ ...old, ...changes }));
          if (promote) fillCandidatePool(draft, nodesAfter(draft.snapshot, after), draft.snapshot.cluster.candidate_pool_size);
        },
      },
    ],
    result: ({ changes, given = {} }) => Object.entries({ ...given, ...changes }).map(([key, value]) => [key, value] as [string, unknown]),
  });

function capabilitiesIn(params: Params): Partial<Node> {
  const { master_capable, vm_capable } = params;
  return { ...(typeof master_capable === 'boolean' && { master_capable }), ...(typeof vm_capable === 'boolean' && { vm_capable }) };
}

/** @throws INPUT_INVALID */
function requireOneRole(params: Params): void {
  const [, second] = (['master_candidate', 'offline', 'drained'] as const).filter((role) => params[role]);
  if (second === undefined) return;
  throw new GantryError('INPUT_INVALID', {
    subject: 'OP_NODE_SET_PARAMS',
    field: second,
    problem: 'a node has one role: specify one of master_candidate, drained and offline',
  });
}

/** Candidate, drained and offline exclude each other: a node that gets one of them loses the others, as in Ganeti. */
function changesOf(node: Node, params: Params): Partial<Node> {
  const changes: Partial<Record<(typeof flags)[number], boolean>> & { ndparams?: Node['ndparams'] } = {};
  for (const flag of flags) {
    const value = params[flag];
    if (value !== undefined && value !== null && value !== node[flag]) changes[flag] = value;
  }
  if (changes.offline && node.drained) changes.drained = false;
  if (changes.drained && node.offline) changes.offline = false;
  if (params.master_candidate) {
    if (node.offline) changes.offline = false;
    if (node.drained) changes.drained = false;
  }
  if ((changes.offline || changes.drained || changes.master_capable === false) && node.master_candidate) changes.master_candidate = false;
  if (params.ndparams) changes.ndparams = withGiven(node.ndparams, params.ndparams);
  return changes;
}

/** A node that may be a candidate again becomes one where the pool has room, unless the request says otherwise. */
function withOwnPromotion(config: ConfigSnapshot, node: Node, changes: Partial<Node>, params: Params): Partial<Node> {
  const after = { ...node, ...changes };
  if (mayBeCandidate(node) || !mayBeCandidate(after) || after.master_candidate || params.master_candidate === false) return changes;
  const room = missingCandidates(nodesAfter(config, after), config.cluster.candidate_pool_size) > 0;
  return room ? { ...changes, master_candidate: true } : changes;
}

interface Leave {
  readonly force: boolean;
  readonly promote: boolean;
}

/** @throws NODE_NOT_JOINED, NODE_IS_MASTER, CANDIDATES_TOO_FEW, INPUT_INVALID */
function check(config: ConfigSnapshot, before: Node, after: Node, { force, promote }: Leave): void {
  if (!after.offline) requireJoined(after);
  const isMaster = before.uuid === config.cluster.master_node;
  if (isMaster && (after.offline || after.drained || !after.master_candidate)) {
    throw new GantryError('NODE_IS_MASTER', { name: before.name, problem: 'it must stay online and a master candidate.' });
  }
  if (after.master_candidate && (after.offline || after.drained || !after.master_capable)) {
    throw new GantryError('INPUT_INVALID', {
      subject: 'OP_NODE_SET_PARAMS',
      field: 'master_candidate',
      problem: 'a node that is offline, drained or not master_capable cannot be a candidate',
    });
  }
  if (before.master_candidate && !after.master_candidate && !force) {
    const others = [...config.nodes.values()].filter(({ uuid }) => uuid !== after.uuid);
    const missing = missingCandidates(others, config.cluster.candidate_pool_size);
    const left = others.filter((node) => node.master_candidate).length;
    if (missing > 0 && !promote) throw new GantryError('CANDIDATES_TOO_FEW', { left, wanted: left + missing });
  }
  const { primary, arriving } = config.instancesOf(before.uuid);
  const instances = [...primary, ...arriving];
  if (before.vm_capable && !after.vm_capable && instances.length > 0) {
    throw new GantryError('NODE_NOT_EMPTY', { name: before.name, instances: instances.map((instance) => instance.name).join(', ') });
  }
}
