import { blockdev } from './blockdev.ts';
import type { DiskRole, DiskTemplateRow, Mirroring } from './disk-template-row.ts';
import { diskless } from './diskless.ts';
import { drbd } from './drbd.ts';
import { ext } from './ext.ts';
import { file } from './file.ts';
import { gluster } from './gluster.ts';
import { plain } from './plain.ts';
import { rbd } from './rbd.ts';
import { sharedfile } from './sharedfile.ts';

/** Every disk template by its name, first Ganeti's in its order. This file and the rows load nothing, so htools begin quickly. */
export const diskTemplateCatalogue = { diskless, file, sharedfile, plain, blockdev, drbd, rbd, ext, gluster } as const satisfies Readonly<
  Record<string, DiskTemplateRow>
>;

export type DiskTemplate = keyof typeof diskTemplateCatalogue;

export const diskTemplates = Object.keys(diskTemplateCatalogue) as readonly DiskTemplate[];

// One type for all rows: callers see no literals.
const rows: Readonly<Record<DiskTemplate, DiskTemplateRow>> = diskTemplateCatalogue;

export const diskTemplateRow = (template: DiskTemplate): DiskTemplateRow => rows[template];

/** Those that Ganeti has. */
export const ganetiDiskTemplates: readonly DiskTemplate[] = diskTemplates.filter((template) => rows[template].ganetiName !== undefined);

/** Disk templates for which nodes of this build have an adapter. */
export const builtDiskTemplates: readonly DiskTemplate[] = diskTemplates.filter((template) => rows[template].built);

export const mirroringOf = (template: DiskTemplate): Mirroring => rows[template].mirroring;

/** Whether Ganeti's tools count its disks as space of their nodes. */
export const usesLocalStorage = (template: DiskTemplate): boolean => rows[template].placement.countsDisk;

/** Whether Ganeti's tools may move an instance of this template. */
export const supportsMoves = (template: DiskTemplate): boolean => rows[template].placement.balanced;

/** How many nodes an instance of a template is on. */
export const requiredNodes = (template: DiskTemplate): 1 | 2 => (rows[template].roles.length === 2 ? 2 : 1);

/** MiB that a disk takes on each of its nodes. */
export const diskSpaceOf = (template: DiskTemplate, size: number): number => size + rows[template].overhead(size);

/** In the order in which disks are made on the nodes with these roles. */
export const diskRoles = (template: DiskTemplate): readonly DiskRole[] => rows[template].roles;
