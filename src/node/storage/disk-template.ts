import type { BlockDescription, DiskSpec, HandlerContext, RpcResult, StoragePool } from '../../rpc/index.ts';

/** Where a template keeps disks: its folder, volume group, …; MiB. */
export type DiskPool = Omit<StoragePool, 'type'>;

/** Owner of a disk, for paths and messages. */
export interface DiskOwner {
  readonly uuid: string;
  readonly name: string;
}

/**
 * The storage port: one adapter for each disk template. What can be known of a template without a node is in the catalogue of
 * the model. Optional methods are capabilities. Every method may be repeated. Sizes in MiB.
 */
export interface DiskTemplateAdapter {
  readonly name: DiskSpec['dev_type'];
  /** Makes the disk, whole or not at all. @throws STORAGE_FULL, STORAGE_FAILED */
  create(disk: DiskSpec, owner: DiskOwner, context: HandlerContext): Promise<{ changed: boolean }>;
  /** Removes it; no error when it is gone. */
  remove(disk: DiskSpec, owner: DiskOwner): Promise<{ changed: boolean }>;
  /** Makes it larger, never smaller; absent where the row of the template says that it does not grow. @throws STORAGE_FULL, STORAGE_DISK_MISSING */
  grow?(disk: DiskSpec, toSize: number): Promise<{ changed: boolean }>;
  /** Makes it usable on this node. @throws STORAGE_DISK_MISSING */
  activate(disk: DiskSpec, owner?: DiskOwner): Promise<BlockDescription>;
  deactivate(disk: DiskSpec): Promise<void>;
  /** Keeps what a disk that nobody uses contains; absent where that cannot be done. */
  snapshot?(disk: DiskSpec, name: string): Promise<{ changed: boolean }>;
  /**
   * Gives the disk another `logical_id`, and moves or renames what it names; absent where that cannot be done. Until the caller
   * uses the new one, the old one finds the disk as well, and both do so while the work is half done.
   * @throws STORAGE_DISK_BUSY when somebody uses it, STORAGE_DISK_EXISTS, STORAGE_DISK_MISSING, STORAGE_FAILED
   */
  rename?(disk: DiskSpec, logicalId: DiskSpec['logical_id'], owner: DiskOwner): Promise<{ changed: boolean }>;
  /** Every disk of this template that lies on this node, known to the cluster or not. */
  list(): Promise<RpcResult<'disk-list'>>;
  /** The same for one disk, without a look at the others; null when it is not there. */
  find(disk: DiskSpec, owner: DiskOwner): Promise<RpcResult<'disk-list'>[number] | null>;
  /** The places where this template keeps its disks, the usual one first. @throws what makes that unknown, e.g. STORAGE_DIR_MISSING */
  pools(): Promise<readonly DiskPool[]>;
}
