// Made by "node tools/generate-docs.ts" from the files of this folder.

import { clusterRedistConf } from './cluster/cluster-redist-conf.ts';
import { clusterSetParams } from './cluster/cluster-set-params.ts';
import { clusterVerify } from './cluster/cluster-verify.ts';
import { testDelay } from './cluster/test-delay.ts';
import { groupAdd } from './group/group-add.ts';
import { groupAssignNodes } from './group/group-assign-nodes.ts';
import { groupRemove } from './group/group-remove.ts';
import { groupRename } from './group/group-rename.ts';
import { groupSetParams } from './group/group-set-params.ts';
import { instanceCreate } from './instance/instance-create.ts';
import { instanceFailover } from './instance/instance-failover.ts';
import { instanceMigrate } from './instance/instance-migrate.ts';
import { instanceReboot } from './instance/instance-reboot.ts';
import { instanceRemove } from './instance/instance-remove.ts';
import { instanceResume } from './instance/instance-resume.ts';
import { instanceShutdown } from './instance/instance-shutdown.ts';
import { instanceStartup } from './instance/instance-startup.ts';
import { networkAdd } from './network/network-add.ts';
import { networkConnect } from './network/network-connect.ts';
import { networkDisconnect } from './network/network-disconnect.ts';
import { networkRemove } from './network/network-remove.ts';
import { nodeAdd } from './node/node-add.ts';
import { nodeEvacuate } from './node/node-evacuate.ts';
import { nodeRemove } from './node/node-remove.ts';
import { nodeSetParams } from './node/node-set-params.ts';
import { tagsDel } from './tags/tags-del.ts';
import { tagsSet } from './tags/tags-set.ts';

/** Every opcode, by its name in the code. */
export const opcodes = {
  clusterRedistConf,
  clusterSetParams,
  clusterVerify,
  testDelay,
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
};
