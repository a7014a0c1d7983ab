import { GantryError } from '../../base/index.ts';
import { builtDiskTemplates, type DiskTemplate } from '../disk-templates/catalogue.ts';
import { builtHypervisors, type HypervisorName } from '../hypervisors/catalogue.ts';

/** What can be enabled must work: an instance of anything else could be created and never started. @throws INPUT_INVALID */
export function requireBuilt(enabled: {
  readonly enabled_hypervisors?: readonly HypervisorName[] | undefined;
  readonly enabled_disk_templates?: readonly DiskTemplate[] | undefined;
}): void {
  const { enabled_hypervisors: hypervisors = [], enabled_disk_templates: templates = [] } = enabled;
  requireAll('enabled_hypervisors', hypervisors, builtHypervisors);
  requireAll('enabled_disk_templates', templates, builtDiskTemplates);
}

function requireAll(field: string, wanted: readonly string[], built: readonly string[]): void {
  const missing = wanted.find((name) => !built.includes(name));
  if (missing === undefined) return;
  const problem = `"${missing}" is not supported by this version, only ${built.join(', ')}`;
  throw new GantryError('INPUT_INVALID', { subject: 'cluster', field, problem });
}
