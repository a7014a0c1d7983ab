export {
  builtDiskTemplates,
  diskRoles,
  diskSpaceOf,
  diskTemplateRow,
  diskTemplates,
  mirroringOf,
  requiredNodes,
  supportsMoves,
  usesLocalStorage,
} from './disk-templates/catalogue.ts';
export type { DiskRole, DiskTemplateRow, LogicalIdPart, Mirroring, NewDisk, SpaceKind } from './disk-templates/disk-template-row.ts';
export { requireLogicalId } from './disk-templates/require-logical-id.ts';
export {
  builtHypervisors,
  hypervisorRow,
  hypervisors,
  incapable,
  isCapable,
  requireCapability,
  usableHypervisors,
} from './hypervisors/catalogue.ts';
export { type Capability, type ConsoleKind, consoleKinds } from './hypervisors/hypervisor-row.ts';
export { defaultKvmHvparams, KvmHvparams } from './hypervisors/kvm.ts';
export { requirePrivateVnc } from './hypervisors/require-private-vnc.ts';
export { ClusterImport, type ImportedInstance } from './import/cluster-import.ts';
export { keys, type NamedKind } from './keys.ts';
export { LogProblemFile, MonitorSettingsFile, RestartsFile, SupervisorFile } from './node-files/daemon-files.ts';
export { InstanceRuntimeFile, StoppedNote } from './node-files/instance-files.ts';
export { nodeFileNames } from './node-files/node-file-names.ts';
export { normaliseParams } from './normalise.ts';
export { Cluster, configVersion } from './objects/cluster.ts';
export { Mac, Mebibytes, Name, NewName, PartialParams, Tag, Uuid } from './objects/common.ts';
export { Disk, DiskFormat, DiskTemplate, diskFormats, LogicalId } from './objects/disk.ts';
export { adminStates, HypervisorName, Instance, placesOf } from './objects/instance.ts';
export { Job, JobOp, type JobStatus, jobStatus, type LogEntry, type OpStatus, opStatuses } from './objects/job.ts';
export { Network } from './objects/network.ts';
export { Nic } from './objects/nic.ts';
export { hasJoined, Node, nodeRole, SignedCertificateRecord } from './objects/node.ts';
export { NodeGroup } from './objects/node-group.ts';
export { JobPrincipal } from './objects/principal.ts';
export { opcodeCatalogue, opcodeDefinition } from './opcodes/catalogue.ts';
export {
  type CliFlag,
  commonOpcodeFields,
  type LockLevel,
  lockLevels,
  type OpcodeDefinition,
  type OpcodeParams,
  type OpcodeResult,
  opcodeSummary,
  type RestBinding,
  type Touch,
} from './opcodes/define-opcode.ts';
export { ganetiOperations } from './opcodes/ganeti-operations.ts';
export { opcodes } from './opcodes/opcodes.ts';
export { type ReadOpcode, readOpcode } from './opcodes/read-opcode.ts';
export { withGanetiDefaults } from './opcodes/with-ganeti-defaults.ts';
export { Beparams, BeparamsPartial, defaultBeparams } from './params/beparams.ts';
export { canBePlugin } from './params/can-be-plugin.ts';
export { builtInCollectors, DataCollectors } from './params/data-collectors.ts';
export { ganetiHvDefaults } from './params/ganeti-hv-defaults.ts';
export { fillBeparams, fillDiskparams, fillHvparams, fillIpolicy, fillNdparams, fillNicparams } from './params/inherit.ts';
export { defaultIpolicy, Ipolicy, IpolicyPartial, IspecPoint } from './params/ipolicy.ts';
export { defaultNdparams, Ndparams, NdparamsPartial } from './params/ndparams.ts';
export {
  defaultNicparams,
  type NicMode,
  Nicparams,
  NicparamsPartial,
  nicModes,
  nicparamsProblem,
  routingTable,
} from './params/nicparams.ts';
export { notUsedClusterParams } from './params/not-used-cluster-params.ts';
export { requireBuilt } from './params/require-built.ts';
export { resetWord, withGiven } from './params/reset.ts';
export { withoutForeignHvparams } from './params/without-foreign-hvparams.ts';
export { isSealed, redacted, redactSealed, redactSealedJson, sealedPrefix } from './redact-sealed.ts';
export { validate } from './validate.ts';
