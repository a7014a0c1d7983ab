export { isProgram, type ProgramName, programs } from './command/programs.ts';
export { runProgram } from './command/run-program.ts';
export { LocationFile } from './location/location-schema.ts';
export type { AllocationRequest, EvacuationMode, WantedInstance } from './sources/iallocator/allocation-request.ts';
export { type ClusterSource, type LoadAdjustments, loadAllocation, loadCluster } from './sources/load-cluster.ts';
export { defaultLuxiSocket, LuxiClient } from './sources/luxi/luxi-client.ts';
export { formatText } from './sources/text/format-text.ts';
export { parseText } from './sources/text/parse-text.ts';
