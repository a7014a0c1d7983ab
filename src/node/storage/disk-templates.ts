import { GantryError } from '../../base/index.ts';
import type { DiskSpec } from '../../rpc/index.ts';
import type { AgentConfig } from '../agent-config.ts';
import type { DiskTemplateAdapter } from './disk-template.ts';
import { createDisklessTemplate } from './diskless-template.ts';
import { createFileTemplate } from './file-template.ts';

/** The storage adapters of a node by the name of their disk template. */
export type DiskTemplates = ReadonlyMap<DiskSpec['dev_type'], DiskTemplateAdapter>;

export function createDiskTemplates(config: Pick<AgentConfig, 'fileStorageDir' | 'sharedFileStorageDir'>): DiskTemplates {
  return diskTemplatesOf([
    createDisklessTemplate(),
    createFileTemplate('file', config.fileStorageDir),
    createFileTemplate('sharedfile', config.sharedFileStorageDir),
  ]);
}

export const diskTemplatesOf = (adapters: readonly DiskTemplateAdapter[]): DiskTemplates =>
  new Map(adapters.map((adapter) => [adapter.name, adapter]));

/** @throws STORAGE_TEMPLATE_UNSUPPORTED */
export function diskTemplateFor(templates: DiskTemplates, name: DiskSpec['dev_type']): DiskTemplateAdapter {
  const adapter = templates.get(name);
  if (adapter) return adapter;
  throw new GantryError('STORAGE_TEMPLATE_UNSUPPORTED', { template: name, available: [...templates.keys()].join(', ') });
}
