export { dropPrivileges, lookUpUser } from './accounts/drop-privileges.ts';
export { ensureAccount } from './accounts/ensure-account.ts';
export { type Account, findGroup, findUser } from './accounts/find-account.ts';
export { isRoot, runAsOwner, unprivileged } from './accounts/unprivileged.ts';
export { confinedCommand } from './confinement/confined-command.ts';
export type { ConfinedProgram } from './confinement/confined-program.ts';
export { type Confinement, findConfinement } from './confinement/confinement.ts';
export { filterDescriptor, filterFor, sandboxArguments } from './confinement/sandbox.ts';
export {
  type GroupLimits,
  openProcessGroups,
  type ProcessGroup,
  type ProcessGroups,
  sweepProcessGroups,
} from './control-groups/process-groups.ts';
export { readPlainTail } from './files/read-plain-tail.ts';
export { requireTrusted, UntrustedFileError } from './files/trusted-file.ts';
export { parseMountTable } from './mounts/parse-mounts.ts';
export { awaitsSignals } from './processes/awaits-signals.ts';
export { createKeyedMutex, type KeyedMutex } from './processes/keyed-mutex.ts';
export { identifyProcess, isAlive, type ProcessIdentity, readBootId, readSameProcess } from './processes/process-identity.ts';
export { processesIn, processesInNamespace } from './processes/processes-in.ts';
export { childrenOf, killHard } from './processes/signals.ts';
export { openServiceNotifier } from './service-manager/service-notifier.ts';
export { parseUnitStates, readUnitStates, type UnitState } from './service-manager/unit-states.ts';
