import { Type } from 'typebox';
import { Beparams, type Instance } from '../../model/index.ts';
import { instanceKind, liveInstance, plainRow, type View } from '../../query/index.ts';

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
  const row = plainRow(instanceKind.rowFields, instance, view);
  const beparams = row['beparams'] as { maxmem: number };
  row['beparams'] = { ...beparams, memory: beparams.maxmem };
  // Not among Ganeti's, so it is there only when there is something to tell.
  const { runtime } = liveInstance(instance, view);
  if (runtime?.problem !== undefined) row['oper_problem'] = runtime.problem;
  return row;
}
