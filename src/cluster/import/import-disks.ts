import { diskTemplateRow, type Instance, requireLogicalId } from '../../model/index.ts';
import type { PlacedDisk } from './disk-places.ts';
import { importedUuid } from './import-source.ts';
import type { InstanceContext } from './instance-context.ts';

type ImportedDisk = Omit<Instance['disks'][number], 'uuid'> & { readonly uuid: string };

/**
 * Checks the disks of an instance and reserves their UUIDs and places.
 * @param at of the instance in the file
 * @throws IMPORT_FILE_INVALID
 */
export function importDisks(context: InstanceContext, at: string, given: readonly ImportedDiskWish[], instance: Owner): Instance['disks'] {
  const { problems, source } = context;
  const { disk_template: template, name } = instance;
  if (given.length > 0 && diskTemplateRow(template).reach === 'none')
    problems.invalid(`${at}.disks`, `instance ${name}: the template ${template} has no disks`);
  return given.map((wish, index) => {
    const member = `${at}.disks.${index}`;
    const by = `instance ${name}: disk ${index}`;
    const disk: ImportedDisk = {
      name: null,
      mode: 'rw',
      format: 'raw',
      params: {},
      ...wish,
      uuid: wish.uuid ?? importedUuid(source.digest, 'disk', `${instance.uuid} ${index}`),
      dev_type: template,
    };
    const { children = [], ...own } = disk;
    if (children.length > 0 && diskTemplateRow(template).mirroring !== 'internal')
      problems.invalid(`${member}.children`, `${by}: disks of the template ${template} are not made of others`);
    checkOne(context, member, by, { ...own, template, instance });
    for (const [part, { dev_type, ...child }] of children.entries())
      checkOne(context, `${member}.children.${part}`, by, { ...child, template: dev_type, instance });
    return disk;
  });
}

type Owner = PlacedDisk['instance'] & Pick<Instance, 'disk_template'>;
type ImportedDiskWish = Pick<Instance['disks'][number], 'size' | 'logical_id'> & Partial<Instance['disks'][number]>;

function checkOne({ cluster, places, problems, uuids }: InstanceContext, member: string, by: string, disk: PlacedDisk): void {
  const { template, uuid, logical_id: id } = disk;
  const at = `${member}.logical_id`;
  problems.within(at, by, () => requireLogicalId(template, id));
  const twice = uuids.take(uuid, by);
  if (twice !== null) problems.conflict(`${member}.uuid`, `${by}: ${twice}`);
  const wrong = diskTemplateRow(template).logicalIdProblem?.(disk, cluster) ?? null;
  if (wrong !== null) problems.invalid(at, `${by}: ${wrong}`);
  const holder = places.take(disk, by);
  if (holder !== undefined) problems.conflict(at, `${by}: ${holder} is there already`);
}
