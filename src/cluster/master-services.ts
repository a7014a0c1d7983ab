import type { AccessControl } from '../access/index.ts';
import type { Clock, Log } from '../base/index.ts';
import type { JobQueue } from '../jobs/index.ts';
import type { NodeCaller } from '../rpc/index.ts';
import type { Config } from '../store/index.ts';
import type { JoinService } from './join-service.ts';
import type { LiveState } from './live-state.ts';
import type { MasterMetrics } from './master-metrics.ts';

/** What a running master offers to the servers in front of it (REST, confd, …). */
export interface MasterServices {
  /** Decides what users may do and see. */
  readonly access: AccessControl;
  readonly config: Config;
  readonly jobs: JobQueue;
  readonly nodes: NodeCaller;
  readonly live: LiveState;
  readonly join: JoinService;
  readonly metrics: MasterMetrics;
  readonly clock: Clock;
  readonly log: Log;
}
