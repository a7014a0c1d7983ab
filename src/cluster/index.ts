export { type InitialCluster, writeInitialConfig } from './initial-config.ts';
export type { JoinAuthority } from './join-authority.ts';
export type { JoinService } from './join-service.ts';
export { type Leading, type LeadOptions, lead } from './lead.ts';
export { jobEnd } from './lib/job-end.ts';
export type { LiveState } from './live-state.ts';
export type { MasterServices } from './master-services.ts';
export { type MasterTerms, type MasterTermsOptions, openMasterTerms } from './master-terms.ts';
export { createOperations } from './operations.ts';
