import { Type } from 'typebox';
import { Beparams, type Instance } from '../../model/index.ts';
import { instanceFields, liveInstance, pickFields, plainRow, type View } from '../../query/index.ts';

const names =
  'name admin_state os pnode snodes disk_template nic.ips nic.macs nic.modes nic.uuids nic.names nic.links nic.networks nic.networks.names nic.bridges network_port disk.sizes disk.spindles disk_usage disk.uuids disk.names beparams hvparams oper_state oper_ram oper_vcpus status custom_hvparams custom_beparams custom_nicparams ctime mtime uuid serial_no tags';

/** The fields of an instance resource, in Ganeti's order. */
export const instanceRowFields = pickFields(instanceFields, names.split(' '));

/** What a row has in another form than the fields, or beside them. */
export const instanceRowMore = {
  beparams: Type.Object(
    { ...Beparams.properties, memory: Type.Integer({ description: 'The same as maxmem' }) },
    { description: 'Backend parameters with all defaults' },
  ),
  oper_problem: Type.Optional(Type.String({ description: 'Why its guest stands still although it should run; absent otherwise' })),
};

/** An instance as `/2/instances/<name>` shows it; its memory limit has a second name, as in Ganeti. */
export function instanceRow(instance: Instance, view: View): Record<string, unknown> {
  const row = plainRow(instanceRowFields, instance, view);
  const beparams = row['beparams'] as { maxmem: number };
  row['beparams'] = { ...beparams, memory: beparams.maxmem };
  // Not among Ganeti's, so it is there only when there is something to tell.
  const { runtime } = liveInstance(instance, view);
  if (runtime?.problem !== undefined) row['oper_problem'] = runtime.problem;
  return row;
}
