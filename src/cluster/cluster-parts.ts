import type { GarbageList } from './garbage.ts';
import type { LiveState } from './live-state.ts';

/** What operations use besides their context. */
export interface ClusterParts {
  readonly live: LiveState;
  readonly garbage: GarbageList;
}
