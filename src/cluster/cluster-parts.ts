import type { JobQueue } from '../jobs/index.ts';
import type { SecretBox } from '../store/index.ts';
import type { GarbageList } from './garbage.ts';
import type { JoinTokens } from './join-tokens.ts';
import type { LiveState } from './live-state.ts';
import type { Placer } from './placement/placer.ts';
import type { RevocationDistributor } from './revocation-distributor.ts';

/** A certificate in PEM, and how people call it. */
export interface NamedCertificate {
  readonly name: string;
  readonly certificate: string;
}

/** What operations use besides their context. */
export interface ClusterParts {
  readonly live: LiveState;
  readonly garbage: GarbageList;
  readonly placer: Placer;
  readonly revocations: Pick<RevocationDistributor, 'spread'>;
  readonly joinTokens: Pick<JoinTokens, 'forgetOf'>;
  /** Opens the secrets of opcodes and instances, on their way to a node. */
  readonly secrets: SecretBox;
  /** For operations that consist of other jobs. */
  readonly jobs: () => Pick<JobQueue, 'submitMany' | 'list'>;
  /** Of the cluster and of this master, as they are now. */
  readonly certificates: () => Promise<readonly NamedCertificate[]>;
}
