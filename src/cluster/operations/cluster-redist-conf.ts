import { defineOperation } from '../../jobs/index.ts';
import { opcodes } from '../../model/index.ts';

/** Ganeti copies its files to the nodes; here the store keeps every master candidate current, so nothing is left to do. */
export const clusterRedistConf = () =>
  defineOperation(opcodes.clusterRedistConf, {
    plan: async () => ({}),
    steps: () => [],
    result: () => null,
  });
