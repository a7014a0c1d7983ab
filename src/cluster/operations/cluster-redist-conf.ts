import { defineOperation } from '../../jobs/index.ts';
import { clusterOpcodes } from '../../model/index.ts';

/** Ganeti copies its files to the nodes; here the store keeps every master candidate current, so nothing is left to do. */
export const clusterRedistConf = () =>
  defineOperation(clusterOpcodes.clusterRedistConf, {
    plan: async () => ({}),
    steps: () => [],
    result: () => null,
  });
