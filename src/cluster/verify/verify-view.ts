import type { GantryError } from '../../base/index.ts';
import type { Instance, Node } from '../../model/index.ts';
import type { RpcResult } from '../../rpc/index.ts';
import type { ConfigSnapshot } from '../../store/index.ts';

/** What a node answered to the questions of a verification. */
export interface NodeAnswers {
  readonly node: Node;
  /** Instances whose primary node it is. */
  readonly primaries: readonly Instance[];
  readonly verified: RpcResult<'node-verify'>;
  readonly running: RpcResult<'instance-list'>;
  readonly disks: RpcResult<'disk-list'>;
}

/** Everything that the checks of one verification look at. Nothing in it changes while they do. */
export interface VerifyView {
  readonly config: ConfigSnapshot;
  /** The nodes that are verified: those of one group, or all. */
  readonly nodes: readonly Node[];
  /** What they answered, by UUID; a node that is offline or did not answer has none. */
  readonly answers: ReadonlyMap<string, NodeAnswers>;
  /** Why a node did not answer, by UUID. */
  readonly failures: ReadonlyMap<string, GantryError>;
  /** Names (lower case) and UUIDs of the instances that unfinished jobs name. */
  readonly busy: ReadonlySet<string>;
  /** The instance of each configured disk, by the disk's UUID. */
  readonly diskOwners: ReadonlyMap<string, Instance>;
}
