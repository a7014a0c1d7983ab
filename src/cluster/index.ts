export type { JoinService } from './join-service.ts';
export type { LiveState } from './live-state.ts';
export type { MasterServices } from './master-services.ts';
