import type { GantryError } from '../../base/index.ts';
import type { Instance, Node } from '../../model/index.ts';
import type { RpcResult } from '../../rpc/index.ts';
import type { ConfigSnapshot } from '../../store/index.ts';
import type { NamedCertificate } from '../cluster-parts.ts';
import type { Garbage } from '../garbage.ts';
import type { LiveState } from '../live-state.ts';

/** What a node answered to the questions of a verification. What it could not answer is undefined. */
export interface NodeAnswers {
  readonly node: Node;
  /** Instances whose primary node it is. */
  readonly primaries: readonly Instance[];
  readonly verified: RpcResult<'node-verify'> | undefined;
  readonly running: RpcResult<'instance-list'> | undefined;
  /** Of shared storage only the disks of its primaries, unless `listsShared`. */
  readonly disks: RpcResult<'disk-list'> | undefined;
  /** It has told everything that lies on shared storage; one node of each group is asked for that. */
  readonly listsShared: boolean;
  /** What it met at the questions that it could not answer. */
  readonly failures: readonly GantryError[];
  /** When the questions were put and answered, milliseconds since 1970. */
  readonly askedAt: number;
  readonly answeredAt: number;
}

/** Everything that the checks of one verification look at. Nothing in it changes while they do. */
export interface VerifyView {
  readonly config: ConfigSnapshot;
  readonly live: Pick<LiveState, 'node' | 'instance'>;
  /** Milliseconds since 1970. */
  readonly now: number;
  /** The nodes that are verified: those of one group, or all. */
  readonly nodes: readonly Node[];
  /** What they answered, by UUID; a node that is offline or did not answer at all has none. */
  readonly answers: ReadonlyMap<string, NodeAnswers>;
  /** Why a node did not answer, by UUID. */
  readonly failures: ReadonlyMap<string, GantryError>;
  /** Names (lower case) and UUIDs of the instances that unfinished jobs name. */
  readonly busy: ReadonlySet<string>;
  /** The instance of each configured disk, by the disk's UUID. */
  readonly diskOwners: ReadonlyMap<string, Instance>;
  readonly garbage: readonly Garbage[];
  readonly certificates: readonly NamedCertificate[];
}
