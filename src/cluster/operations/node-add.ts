import { GantryError } from '../../base/index.ts';
import { defineOperation } from '../../jobs/index.ts';
import { hasJoined, type Node, type NodeGroup, type OpcodeParams, opcodes } from '../../model/index.ts';
import type { ConfigSnapshot } from '../../store/index.ts';
import { findGroup, requireFreeName } from '../lib/find-object.ts';
import { addressBook, describeUser } from '../lib/networking/address-use.ts';
import { noPlacement } from '../lib/no-placement.ts';
import { mayBeCandidate } from '../lib/nodes/candidate-pool.ts';
import { isLoopback, nodeAddressProblem } from '../lib/nodes/node-address.ts';
import { requireNewKey } from '../lib/nodes/require-new-key.ts';

type Params = OpcodeParams<typeof opcodes.nodeAdd>;

export const nodeAdd = () =>
  defineOperation(opcodes.nodeAdd, {
    locks(params, config) {
      const group = params.group ?? (config.nodes.find(params.node_name)?.group || defaultGroup(config)?.uuid);
      return [...opcodes.nodeAdd.touches(params), noPlacement, ...(group ? [{ kind: 'group', name: group, mode: 'shared' } as const] : [])];
    },
    async plan({ config, clock, newUuid }, params): Promise<Node> {
      const configured = config.nodes.find(params.node_name);
      // Its token was made for a node that was removed since.
      if (params.configured_uuid && configured?.uuid !== params.configured_uuid)
        throw new GantryError('OBJECT_UNKNOWN', { kind: 'node', name: params.node_name });
      if (params.certificate_fingerprint) requireNewKey(config, params.certificate_fingerprint, params.node_name);
      if (configured && !hasJoined(configured) && params.certificate_fingerprint) return joined(config, configured, params);
      requireFreeName(config, 'node', params.node_name);
      checkAddresses(config, params);
      const group = params.group ? findGroup(config, params.group) : defaultGroup(config);
      const now = clock.now() / 1000;
      const node: Node = {
        uuid: newUuid(),
        name: params.node_name,
        ctime: now,
        mtime: now,
        serial_no: 1,
        tags: [],
        primary_ip: params.primary_ip,
        secondary_ip: params.secondary_ip ?? params.primary_ip,
        agent_port: params.agent_port,
        group: group?.uuid ?? '',
        master_capable: params.master_capable ?? true,
        master_candidate: false,
        vm_capable: params.vm_capable ?? true,
        offline: !params.certificate_fingerprint,
        drained: false,
        powered: true,
        ndparams: params.ndparams ?? {},
        certificate_fingerprint: params.certificate_fingerprint ?? '',
        ...(params.certificates && { certificates: params.certificates }),
      };
      return { ...node, master_candidate: mayBeCandidate(node) && poolHasRoom(config) };
    },
    steps: (node) => [
      {
        id: 'register-node',
        title: 'register the node',
        commit(draft) {
          draft.need('group', node.group);
          const configured = draft.get('node', node.uuid);
          if (!configured) return draft.create('node', node);
          // Another token for it was faster.
          if (hasJoined(configured)) throw new GantryError('NAME_TAKEN', { kind: 'node', name: node.name });
          const { primary_ip, secondary_ip, agent_port, offline, powered, master_candidate, certificate_fingerprint, certificates } = node;
          const identity = { certificate_fingerprint, ...(certificates && { certificates }) };
          draft.update('node', node.uuid, (old) => ({
            ...old,
            ...{ primary_ip, secondary_ip, agent_port, offline, powered, master_candidate },
            ...identity,
          }));
        },
      },
    ],
    result: () => null,
  });

/** A node that was only configured, now that it has joined: it keeps its group, tags and parameters. */
function joined(config: ConfigSnapshot, configured: Node, params: Params): Node {
  checkAddresses(config, params, configured.uuid);
  if (params.group && findGroup(config, params.group).uuid !== configured.group)
    throw new GantryError('INPUT_INVALID', { subject: 'OP_NODE_ADD', field: 'group', problem: 'the node is configured in another group' });
  const node: Node = {
    ...configured,
    primary_ip: params.primary_ip,
    secondary_ip: params.secondary_ip ?? params.primary_ip,
    agent_port: params.agent_port,
    offline: false,
    powered: true,
    certificate_fingerprint: params.certificate_fingerprint ?? '',
    ...(params.certificates && { certificates: params.certificates }),
  };
  return { ...node, master_candidate: mayBeCandidate(node) && poolHasRoom(config) };
}

const poolHasRoom = (config: ConfigSnapshot): boolean =>
  [...config.nodes.values()].filter((node) => node.master_candidate).length < config.cluster.candidate_pool_size;

/** @throws INPUT_INVALID, CLAIM_TAKEN */
function checkAddresses(config: ConfigSnapshot, params: Params, own?: string): void {
  for (const field of ['primary_ip', 'secondary_ip'] as const)
    if (params[field] !== undefined) checkAddress(config, field, params[field], own);
}

/** No address of somebody else. Loopback is for clusters that live on it, where nodes differ by port. @throws INPUT_INVALID, CLAIM_TAKEN */
function checkAddress(config: ConfigSnapshot, field: string, ip: string, own?: string): void {
  const problem = nodeAddressProblem(config, ip);
  if (problem !== null) throw new GantryError('INPUT_INVALID', { subject: 'OP_NODE_ADD', field, problem });
  const user = isLoopback(ip)
    ? undefined
    : addressBook(config)
        .get(ip)
        ?.find(({ uuid }) => uuid !== own);
  if (user) throw new GantryError('CLAIM_TAKEN', { what: 'IP address', value: ip, owner: describeUser(user) });
}

/** The oldest. */
function defaultGroup(config: ConfigSnapshot): NodeGroup | undefined {
  return [...config.groups.values()].sort((a, b) => a.ctime - b.ctime)[0];
}
