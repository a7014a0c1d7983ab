import type { JobQueue } from '../jobs/index.ts';
import type { SecretBox } from '../store/index.ts';
import type { GarbageList } from './garbage.ts';
import type { LiveState } from './live-state.ts';
import type { Placer } from './placement/placer.ts';

/** What operations use besides their context. */
export interface ClusterParts {
  readonly live: LiveState;
  readonly garbage: GarbageList;
  readonly placer: Placer;
  /** Opens the secrets of opcodes and instances, on their way to a node. */
  readonly secrets: SecretBox;
  /** For operations that consist of other jobs. */
  readonly jobs: () => Pick<JobQueue, 'submitMany' | 'list'>;
}
