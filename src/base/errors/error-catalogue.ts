import { accessErrors } from './access-errors.ts';
import { allocationErrors } from './allocation-errors.ts';
import { apiErrors } from './api-errors.ts';
import { cliErrors } from './cli-errors.ts';
import { clusterErrors } from './cluster-errors.ts';
import { daemonErrors } from './daemon-errors.ts';
import type { ErrorDefinition } from './define-errors.ts';
import { generalErrors } from './general-errors.ts';
import { hostErrors } from './host-errors.ts';
import { htoolsCommandErrors } from './htools-command-errors.ts';
import { htoolsJobErrors } from './htools-job-errors.ts';
import { htoolsSourceErrors } from './htools-source-errors.ts';
import { hypervisorErrors } from './hypervisor-errors.ts';
import { jobsErrors } from './jobs-errors.ts';
import { localErrors } from './local-errors.ts';
import { locationErrors } from './location-errors.ts';
import { monitorErrors } from './monitor-errors.ts';
import { monitorPluginErrors } from './monitor-plugin-errors.ts';
import { networkErrors } from './network-errors.ts';
import { osErrors } from './os-errors.ts';
import { packageErrors } from './package-errors.ts';
import { placementErrors } from './placement-errors.ts';
import { rpcErrors } from './rpc-errors.ts';
import { searchErrors } from './search-errors.ts';
import { secretErrors } from './secret-errors.ts';
import { squeezeErrors } from './squeeze-errors.ts';
import { storageErrors } from './storage-errors.ts';
import { storeErrors } from './store-errors.ts';
import { verifyErrors } from './verify-errors.ts';

/** Every error a user can meet, by its stable code. `docs/errors.md` is checked against it. */
export const errorCatalogue = {
  ...generalErrors,
  ...storeErrors,
  ...secretErrors,
  ...jobsErrors,
  ...rpcErrors,
  ...hypervisorErrors,
  ...storageErrors,
  ...networkErrors,
  ...osErrors,
  ...placementErrors,
  ...allocationErrors,
  ...locationErrors,
  ...htoolsCommandErrors,
  ...htoolsJobErrors,
  ...htoolsSourceErrors,
  ...searchErrors,
  ...squeezeErrors,
  ...clusterErrors,
  ...verifyErrors,
  ...accessErrors,
  ...apiErrors,
  ...cliErrors,
  ...daemonErrors,
  ...hostErrors,
  ...localErrors,
  ...packageErrors,
  ...monitorErrors,
  ...monitorPluginErrors,
} satisfies Record<string, ErrorDefinition>;

export type ErrorCode = keyof typeof errorCatalogue;
