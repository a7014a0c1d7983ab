import type { LiveView } from '../query/index.ts';

/** What the nodes last reported. Queries read this and never call a node themselves. */
export interface LiveState extends LiveView {
  /** Asks one node now and waits for the answer; errors are recorded as staleness, not thrown. */
  refresh(nodeUuid: string): Promise<void>;
}
