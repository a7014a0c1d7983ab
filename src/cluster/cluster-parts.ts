import type { GarbageList } from './garbage.ts';
import type { LiveState } from './live-state.ts';
import type { Placer } from './placement/placer.ts';

/** What operations use besides their context. */
export interface ClusterParts {
  readonly live: LiveState;
  readonly garbage: GarbageList;
  readonly placer: Placer;
}
