import { GantryError } from '../../../base/index.ts';
import type { ClusterData } from '../../../placement/index.ts';
import { asRecord } from '../json-text.ts';
import { assemble, type LivePart } from '../live/assemble.ts';
import { withMaster } from './with-master.ts';

const nodeFields = [
  'name',
  'mtotal',
  'mnode',
  'mfree',
  'dtotal',
  'dfree',
  'ctotal',
  'cnos',
  'offline',
  'drained',
  'vm_capable',
  'ndp/spindle_count',
  'group.uuid',
  'tags',
  'ndp/exclusive_storage',
  'sptotal',
  'spfree',
  'ndp/cpu_speed',
];

const instanceFields = [
  'name',
  'disk_usage',
  'be/memory',
  'be/vcpus',
  'status',
  'pnode',
  'snodes',
  'tags',
  'be/auto_balance',
  'disk_template',
  'be/spindle_use',
  'disk.sizes',
  'disk.spindles',
  'forthcoming',
];

const groupFields = ['uuid', 'name', 'alloc_policy', 'ipolicy', 'tags'];

/**
 * Collects a cluster from its master's Unix socket (source: htools(1), option -L).
 * @throws HTOOLS_LUXI_UNREACHABLE, HTOOLS_LUXI_REFUSED, HTOOLS_LUXI_ANSWER and those of `assemble`
 */
export async function loadLuxi(path: string): Promise<ClusterData> {
  return withMaster(path, async (master) => {
    const query = async (kind: string, fields: readonly string[]): Promise<LivePart> => {
      const place = `${path}: ${kind} query`;
      return { value: toRecords(await master.call('Query', [kind, fields, null]), fields, place), place };
    };
    const nodes = await query('node', nodeFields);
    const instances = await query('instance', instanceFields);
    const info = { value: await master.call('QueryClusterInfo', []), place: `${path}: cluster info` };
    const groups = await query('group', groupFields);
    return assemble({ groups, nodes, instances, info });
  });
}

/** Rows of pairs (status, value) as records; a value whose status is not 0 (normal) is not known. Prefixes of parameters go. */
function toRecords(result: unknown, fields: readonly string[], place: string): unknown {
  const names = fields.map((field) => field.replace(/^(?:ndp|be)\//, ''));
  const fail = (problem: string): never => {
    throw new GantryError('HTOOLS_LUXI_ANSWER', { place, problem });
  };
  const { data } = asRecord(result);
  if (!Array.isArray(data)) return fail('there is no list of rows');
  return data.map((row: unknown, number) => {
    if (!Array.isArray(row) || row.length !== fields.length) return fail(`row ${number} does not have ${fields.length} fields`);
    const record: Record<string, unknown> = {};
    for (let i = 0; i < names.length; i++) {
      const pair: unknown = row[i];
      if (!Array.isArray(pair) || pair.length !== 2) return fail(`field ${fields[i]} of row ${number} is no pair of status and value`);
      record[names[i] as string] = pair[0] === 0 ? pair[1] : null;
    }
    return record;
  });
}
