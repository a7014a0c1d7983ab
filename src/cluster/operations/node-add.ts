import { GantryError } from '../../base/index.ts';
import { defineOperation } from '../../jobs/index.ts';
import { type Node, type NodeGroup, opcodes } from '../../model/index.ts';
import type { ConfigSnapshot } from '../../store/index.ts';
import { findGroup, requireFreeName } from '../lib/find-object.ts';
import { addressBook, describeUser } from '../lib/networking/address-use.ts';
import { noPlacement } from '../lib/no-placement.ts';
import { isLoopback, nodeAddressProblem } from '../lib/nodes/node-address.ts';

export const nodeAdd = () =>
  defineOperation(opcodes.nodeAdd, {
    locks(params, config) {
      const group = params.group ?? defaultGroup(config)?.uuid;
      return [...opcodes.nodeAdd.touches(params), noPlacement, ...(group ? [{ kind: 'group', name: group, mode: 'shared' } as const] : [])];
    },
    async plan({ config, clock, newUuid }, params): Promise<Node> {
      requireFreeName(config, 'node', params.node_name);
      for (const field of ['primary_ip', 'secondary_ip'] as const)
        if (params[field] !== undefined) checkAddress(config, field, params[field]);
      const group = params.group ? findGroup(config, params.group) : defaultGroup(config);
      const candidates = [...config.nodes.values()].filter((node) => node.master_candidate).length;
      const now = clock.now() / 1000;
      return {
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
        master_candidate: (params.master_capable ?? true) && candidates < config.cluster.candidate_pool_size,
        vm_capable: params.vm_capable ?? true,
        offline: false,
        drained: false,
        powered: true,
        ndparams: params.ndparams ?? {},
        certificate_fingerprint: params.certificate_fingerprint,
        ...(params.certificates && { certificates: params.certificates }),
      };
    },
    steps: (node) => [
      {
        id: 'register-node',
        title: 'register the node',
        commit(draft) {
          draft.need('group', node.group);
          draft.create('node', node);
        },
      },
    ],
    result: () => null,
  });

/** No address of somebody else. Loopback is for clusters that live on it, where nodes differ by port. @throws INPUT_INVALID, CLAIM_TAKEN */
function checkAddress(config: ConfigSnapshot, field: string, ip: string): void {
  const problem = nodeAddressProblem(config, ip);
  if (problem !== null) throw new GantryError('INPUT_INVALID', { subject: 'OP_NODE_ADD', field, problem });
  const [user] = isLoopback(ip) ? [] : (addressBook(config).get(ip) ?? []);
  if (user) throw new GantryError('CLAIM_TAKEN', { what: 'IP address', value: ip, owner: describeUser(user) });
}

/** The oldest. */
function defaultGroup(config: ConfigSnapshot): NodeGroup | undefined {
  return [...config.groups.values()].sort((a, b) => a.ctime - b.ctime)[0];
}
