import type { TSchema, Type } from 'typebox';

/** Where else the data of a disk are: nowhere; on the secondary node, kept there by Gantry (DRBD); where any node reaches them. */
export type Mirroring = 'none' | 'internal' | 'external';

/** What a node is to a disk. */
export type DiskRole = 'primary' | 'secondary';

/** Kind of storage that disks take their space from. Source: Ganeti's storage types. */
export type SpaceKind = 'file' | 'sharedfile' | 'gluster' | 'lvm-vg' | 'rados' | 'ext' | 'blockdev';

/** What happens to an instance whose node fails: `failover` to its secondary; `anywhere`: another node starts it; `recreate`: its disks are made anew. */
export type Rescue = 'failover' | 'anywhere' | 'recreate';

/** What `logical_id` is made of. Text and numbers, as in Ganeti; which of them is said by the schema of the template. */
export type LogicalIdPart = string | number;

/** What a template may need to name a new disk. */
export interface NewDisk {
  readonly cluster: StorageFolders;
  readonly instance: { readonly uuid: string; readonly name: string };
  readonly uuid: string;
  readonly format: string;
}

/** A disk that exists, with its owner. */
export interface StoredDisk {
  readonly instance: { readonly uuid: string };
  readonly uuid: string;
  readonly format: string;
  readonly logical_id: readonly LogicalIdPart[];
}

/** What the configuration of the cluster says of places for disks. */
export interface StorageFolders {
  readonly file_storage_dir: string;
  readonly shared_file_storage_dir: string;
}

/**
 * All that is known of a disk template without a node: one row of the catalogue. Everything else that differs between templates
 * is in its storage adapter, in the node room. Sizes in MiB.
 */
export interface DiskTemplateRow {
  /** How its disks are stored, for people. */
  readonly summary: string;
  /** As Ganeti's programs print it when asked to say much; templates that Ganeti does not have, have none. */
  readonly ganetiName?: string;
  /** Whether the nodes of this build have an adapter for it. */
  readonly built: boolean;
  readonly mirroring: Mirroring;
  /** Where its disks lie: on the nodes of their instance, where all nodes reach them, or nowhere. */
  readonly reach: 'local' | 'shared' | 'none';
  /** The nodes of a disk, in the order in which it is made on them; it is removed in the opposite order. */
  readonly roles: readonly DiskRole[];
  /** What its disks take space from; null: from nothing that is counted. */
  readonly space: SpaceKind | null;
  /** What a disk takes on each of its nodes beside its data. */
  readonly overhead: (size: number) => number;
  readonly growable: boolean;
  /** Whether a disk can be given to a running instance. */
  readonly liveAttachable: boolean;
  /** Ganeti's parameters of the template (`diskparams`) with their defaults, from which their types follow. */
  readonly params: Readonly<Record<string, string | number | boolean>>;
  /** Schema of `logical_id`. It is given the builder of schemas, so that htools need not load that. */
  readonly logicalId: (type: typeof Type) => TSchema;
  /** `logical_id` of a new disk; templates that cannot be created have none. */
  readonly newLogicalId?: (disk: NewDisk) => LogicalIdPart[];
  /** `logical_id` that a disk of an earlier version gets before its next use; undefined: it has the one that it should have. */
  readonly settledLogicalId?: (disk: StoredDisk) => LogicalIdPart[] | undefined;
  /** Why a disk that somebody else has made cannot be taken over with its `logical_id`, which has the right form; null when it can. */
  readonly logicalIdProblem?: (disk: StoredDisk, cluster: StorageFolders) => string | null;
  /** Where a disk lies, among those of its template on its node, or of all nodes; by default what its `logical_id` says. */
  readonly placeOf?: (disk: StoredDisk, cluster: StorageFolders) => string;
  /** The folder of the cluster's configuration that nodes must have for it. */
  readonly folder?: (cluster: StorageFolders) => string;
  readonly placement: PlacementTraits;
}

/** How the placement engine and Ganeti's tools see a template. */
export interface PlacementTraits {
  /** Its disks count as space of their nodes in Ganeti's tools. */
  readonly countsDisk: boolean;
  /** The template whose rules the master's own placements use, where Ganeti's tools do not count what we count. */
  readonly as?: 'plain';
  /** Balancing may move its instances. */
  readonly balanced: boolean;
  readonly rescue: Rescue;
}
