import { Type } from 'typebox';
import { type Disk, diskSpaceOf, Instance } from '../../../model/index.ts';
import { type Field, fieldsOf } from '../../fields/field.ts';
import { always, listOf, names, namesOrNull } from '../../fields/value-types.ts';
import { numberedFields } from './numbered-fields.ts';

const { stored } = fieldsOf<Instance>();

/** MiB on each of its nodes. */
function diskUsage(instance: Instance): number {
  return instance.disks.reduce((sum, { dev_type, size }) => sum + diskSpaceOf(dev_type, size), 0);
}

const ofAll: readonly Field<Instance>[] = [
  stored('disk_usage', 'DiskUsage', always('unit'), 'Space its disks take on each of its nodes', diskUsage),
  stored(
    'disk_template',
    'Disk_template',
    always('text', Instance.properties.disk_template),
    'How its disks are stored',
    (i) => i.disk_template,
  ),
  stored('disk.count', 'Disks', always('number'), 'Number of disks', (i) => i.disks.length),
  stored('disk.sizes', 'Disk_sizes', listOf(Type.Integer()), 'Sizes of the disks', (i) => i.disks.map((disk) => disk.size)),
  stored('disk.spindles', 'Disk_spindles', listOf(Type.Null()), 'Spindles of the disks', (i) => i.disks.map(() => null)),
  stored('disk.names', 'Disk_names', namesOrNull, 'Names of the disks', (i) => i.disks.map((disk) => disk.name)),
  stored('disk.uuids', 'Disk_UUIDs', names, 'UUIDs of the disks', (i) => i.disks.map((disk) => disk.uuid)),
];

const each = numberedFields<Disk>(16, 'disk', (instance) => instance.disks);

/** The disks of an instance: all in one value, and the first sixteen each by its number. */
export const diskFields: readonly Field<Instance>[] = [
  ...ofAll,
  ...each('disk.size', 'Disk', 'unit', 'Size', (disk) => disk.size),
  ...each('disk.spindles', 'DiskSpindles', 'number', 'Spindles', () => null),
  ...each('disk.name', 'DiskName', 'text', 'Name', (disk) => disk.name),
  ...each('disk.uuid', 'DiskUUID', 'text', 'UUID', (disk) => disk.uuid),
];
