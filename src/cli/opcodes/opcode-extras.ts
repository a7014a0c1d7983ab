// Made by "node tools/generate-docs.ts" from the files of this folder.

import { clusterSetParams } from './cluster-set-params.ts';
import { clusterVerify } from './cluster-verify.ts';
import type { OpcodeExtras } from './define-extras.ts';
import { groupAdd } from './group-add.ts';
import { groupSetParams } from './group-set-params.ts';
import { instanceCreate } from './instance-create.ts';
import { nodeEvacuate } from './node-evacuate.ts';

/** What the command line knows of an opcode beside what the catalogue says, by its id. */
export const opcodeExtras: Readonly<Record<string, OpcodeExtras>> = {
  OP_CLUSTER_SET_PARAMS: clusterSetParams,
  OP_CLUSTER_VERIFY: clusterVerify,
  OP_GROUP_ADD: groupAdd,
  OP_GROUP_SET_PARAMS: groupSetParams,
  OP_INSTANCE_CREATE: instanceCreate,
  OP_NODE_EVACUATE: nodeEvacuate,
};
