import type { AccessControl } from '../../access/index.ts';
import type { Clock, Log, Random } from '../../base/index.ts';
import type { LockLevel } from '../../model/index.ts';
import type { JobNodeCaller } from '../../rpc/index.ts';
import type { Comparison, Config, Store } from '../../store/index.ts';
import type { OpInput } from '../job-queue.ts';
import type { JobMetrics } from '../metrics/job-metrics.ts';
import type { JobRecord } from '../record/job-record.ts';
import type { JobWriter } from '../writing/job-writer.ts';
import type { Operation } from './operation.ts';

/** What a saga needs of its surroundings. */
export interface SagaHost {
  readonly operations: ReadonlyMap<string, Operation>;
  readonly store: Store;
  readonly config: Config;
  readonly nodes: JobNodeCaller;
  readonly clock: Clock;
  readonly random: Random;
  readonly newUuid: () => string;
  readonly log: Log;
  readonly metrics: JobMetrics;
  readonly sealOp?: ((op: OpInput) => OpInput) | undefined;
  readonly fence: Comparison;
  readonly writer: JobWriter;
  /** Decides again when an opcode begins, and knows what its principal may see. */
  readonly access: Pick<AccessControl, 'requireOpcodes' | 'sightOf'>;
  /** Aborted when the queue stops or another master leads: then nothing more is begun or recorded. */
  readonly signal: AbortSignal;
  readonly undoRetry: UndoRetry;
  /** Somebody else leads; the signal is aborted when it returns. */
  readonly onFenced: () => void;
  readonly releaseLevel: (record: JobRecord, level: LockLevel) => void;
  /** Submits jobs for a step, see `StepContext.submitJobs`. */
  readonly submitChildren: (
    parent: JobRecord,
    index: number,
    step: string,
    jobs: readonly (readonly OpInput[])[],
  ) => Promise<readonly number[]>;
  /** A job begins, or ends, a step that occupies no place. */
  readonly longStep: (record: JobRecord, isRunning: boolean) => void;
}

/** How long a failing undo is repeated: `attempts` times, with pauses that double from `firstPauseMs`. */
export interface UndoRetry {
  readonly attempts: number;
  readonly firstPauseMs: number;
}
