import { defaultKvmHvparams, type KvmHvparams } from '../../../model/index.ts';
import type { InstanceSpec } from '../../../rpc/index.ts';

/** The hypervisor parameters of a spec, which the master has validated; what an older master left out has its default. */
export const kvmParameters = (spec: Pick<InstanceSpec, 'hvparams'>): KvmHvparams =>
  ({ ...defaultKvmHvparams, ...spec.hvparams }) as KvmHvparams;
