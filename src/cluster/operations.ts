import type { Operation, OperationOf } from '../jobs/index.ts';
import type { opcodes } from '../model/index.ts';
import type { ClusterParts } from './cluster-parts.ts';
import { requireSameObjects } from './lib/require-same-objects.ts';
import { clusterRedistConf } from './operations/cluster-redist-conf.ts';
import { clusterSetParams } from './operations/cluster-set-params.ts';
import { clusterVerify } from './operations/cluster-verify.ts';
import { groupAdd } from './operations/group-add.ts';
import { groupAssignNodes } from './operations/group-assign-nodes.ts';
import { groupRemove } from './operations/group-remove.ts';
import { groupRename } from './operations/group-rename.ts';
import { groupSetParams } from './operations/group-set-params.ts';
import { instanceCreate } from './operations/instance-create.ts';
import { instanceFailover } from './operations/instance-failover.ts';
import { instanceMigrate } from './operations/instance-migrate.ts';
import { instanceReboot } from './operations/instance-reboot.ts';
import { instanceRemove } from './operations/instance-remove.ts';
import { instanceResume } from './operations/instance-resume.ts';
import { instanceShutdown } from './operations/instance-shutdown.ts';
import { instanceStartup } from './operations/instance-startup.ts';
import { networkAdd } from './operations/network-add.ts';
import { networkConnect } from './operations/network-connect.ts';
import { networkDisconnect } from './operations/network-disconnect.ts';
import { networkRemove } from './operations/network-remove.ts';
import { nodeAdd } from './operations/node-add.ts';
import { nodeEvacuate } from './operations/node-evacuate.ts';
import { nodeRemove } from './operations/node-remove.ts';
import { nodeSetParams } from './operations/node-set-params.ts';
import { tagsDel } from './operations/tags-del.ts';
import { tagsSet } from './operations/tags-set.ts';
import { testDelay } from './operations/test-delay.ts';

/** One for each opcode: the compiler misses what is not there, and refuses the operation of another opcode. */
const makers: { readonly [Name in keyof typeof opcodes]: (parts: ClusterParts) => OperationOf<(typeof opcodes)[Name]> } = {
  clusterRedistConf,
  clusterSetParams,
  clusterVerify,
  groupAdd,
  groupAssignNodes,
  groupRemove,
  groupRename,
  groupSetParams,
  instanceCreate,
  instanceFailover,
  instanceMigrate,
  instanceReboot,
  instanceRemove,
  instanceResume,
  instanceShutdown,
  instanceStartup,
  networkAdd,
  networkConnect,
  networkDisconnect,
  networkRemove,
  nodeAdd,
  nodeEvacuate,
  nodeRemove,
  nodeSetParams,
  tagsDel,
  tagsSet,
  testDelay,
};

/** What each opcode does, by opcode id. */
export function createOperations(parts: ClusterParts): ReadonlyMap<string, Operation> {
  return new Map(
    Object.values(makers)
      .map((make) => checked(make(parts)))
      .map((operation) => [operation.opcode.id, operation]),
  );
}

/** What every plan checks first. */
function checked(operation: Operation): Operation {
  return {
    ...operation,
    async plan(context, params) {
      requireSameObjects(context.config, operation.opcode, params);
      return operation.plan(context, params);
    },
  };
}
