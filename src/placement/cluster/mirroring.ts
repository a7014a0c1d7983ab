import type { PlacementDiskTemplate } from './cluster-data.ts';

/** How the disks of a template are available elsewhere. */
export type Mirroring = 'none' | 'internal' | 'external';

interface TemplateTraits {
  /** `internal`: a copy on the secondary node (DRBD); `external`: any node reaches the disks. */
  readonly mirroring: Mirroring;
  /** Takes space that Ganeti counts on the node (LVM). */
  readonly local: boolean;
}

/** Source: Ganeti's man pages gnt-instance(8) and hbal(1). */
const traits: Readonly<Record<PlacementDiskTemplate, TemplateTraits>> = {
  diskless: { mirroring: 'external', local: false },
  file: { mirroring: 'none', local: false },
  sharedfile: { mirroring: 'external', local: false },
  plain: { mirroring: 'none', local: true },
  blockdev: { mirroring: 'external', local: false },
  drbd: { mirroring: 'internal', local: true },
  rbd: { mirroring: 'external', local: false },
  ext: { mirroring: 'external', local: false },
  gluster: { mirroring: 'external', local: false },
};

export const mirroringOf = (template: PlacementDiskTemplate): Mirroring => traits[template].mirroring;
export const usesLocalStorage = (template: PlacementDiskTemplate): boolean => traits[template].local;

/** Whether Ganeti's tools may move an instance of this template; a diskless one stays, as there. */
export const supportsMoves = (template: PlacementDiskTemplate): boolean => template !== 'diskless' && traits[template].mirroring !== 'none';

export const requiredNodes = (template: PlacementDiskTemplate): 1 | 2 => (traits[template].mirroring === 'internal' ? 2 : 1);
