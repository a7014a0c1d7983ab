import { GantryError } from '../../base/index.ts';
import * as cluster from './cluster-opcodes.ts';
import type { OpcodeDefinition } from './define-opcode.ts';
import * as group from './group-opcodes.ts';
import * as instance from './instance-opcodes.ts';
import * as network from './network-opcodes.ts';
import * as node from './node-opcodes.ts';
import { notYet } from './not-yet.ts';

/** Every opcode, by its id. */
export const opcodeCatalogue: ReadonlyMap<string, OpcodeDefinition> = new Map(
  [
    instance.instanceCreate,
    instance.instanceRemove,
    instance.instanceStartup,
    instance.instanceShutdown,
    instance.instanceReboot,
    instance.instanceResume,
    instance.instanceMigrate,
    instance.instanceFailover,
    node.nodeAdd,
    node.nodeSetParams,
    node.nodeEvacuate,
    node.nodeRemove,
    group.groupAdd,
    group.groupSetParams,
    group.groupRename,
    group.groupAssignNodes,
    group.groupRemove,
    network.networkAdd,
    network.networkRemove,
    network.networkConnect,
    network.networkDisconnect,
    cluster.tagsSet,
    cluster.tagsDel,
    cluster.clusterSetParams,
    cluster.clusterRedistConf,
    cluster.clusterVerify,
    cluster.testDelay,
  ].map((definition) => [definition.id, definition as unknown as OpcodeDefinition]),
);

/** @throws INPUT_INVALID for an opcode that does not exist, API_NOT_YET for one of Ganeti's that this version does not have */
export function opcodeDefinition(id: string): OpcodeDefinition {
  const found = opcodeCatalogue.get(id);
  const later = found ? undefined : notYet.find(({ opcodes = [] }) => opcodes.includes(id));
  if (later) throw new GantryError('API_NOT_YET', { operation: later.operation });
  if (!found) throw new GantryError('INPUT_INVALID', { subject: 'opcode', field: 'OP_ID', problem: `"${id}" is not an opcode` });
  return found;
}
