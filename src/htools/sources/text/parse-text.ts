import { GantryError } from '../../../base/index.ts';
import { diskTemplates } from '../../../model/disk-templates/catalogue.ts';
import {
  type ClusterData,
  defaultPolicy,
  type GroupData,
  type InstanceData,
  type InstancePolicy,
  type NodeData,
  noNode,
} from '../../../placement/index.ts';
import { allocPolicies } from '../alloc-policies.ts';
import { instanceStatuses } from '../instance-statuses.ts';
import { indexNames, NameIndex } from '../name-index.ts';
import { parsePolicy } from './parse-policy.ts';
import { TextCursor } from './text-cursor.ts';

const sectionNames = ['groups', 'nodes', 'instances', 'cluster tags', 'policies'];

/**
 * Reads the text format of Ganeti's tools, older ones with fewer columns included (source: htools(1), option -t).
 * @throws HTOOLS_TEXT_SECTIONS, HTOOLS_TEXT_INVALID, HTOOLS_REFERENCE_UNKNOWN, HTOOLS_NAME_DUPLICATE
 */
export function parseText(text: string, file: string): ClusterData {
  const cursor = new TextCursor(file);
  const lines = text.split('\n');
  if (lines.at(-1) === '') lines.pop();
  const starts = [0];
  for (let i = 0; i < lines.length; i++) if (lines[i] === '') starts.push(i + 1);
  if (starts.length < 4) throw new GantryError('HTOOLS_TEXT_SECTIONS', { file, count: lines.length === 0 ? 0 : starts.length });

  const section = <T>(index: number, read: (fields: string[]) => T): T[] => {
    cursor.section = sectionNames[index] as string;
    const items: T[] = [];
    for (let i = starts[index] ?? lines.length; i < lines.length && lines[i] !== ''; i++) {
      cursor.line = i + 1;
      items.push(read((lines[i] as string).split('|')));
    }
    return items;
  };

  const groupIndex = new NameIndex('group');
  const groups = section(0, (fields) => readGroup(cursor, fields, groupIndex));
  const groupNames = indexNames(
    'group',
    groups.map(({ name }) => name),
    cursor,
  );
  const nodeIndex = new NameIndex('node');
  const nodes = section(1, (fields) => readNode(cursor, fields, groupIndex, nodeIndex));
  // Ganeti's own data have several instances of one name.
  const instances = section(2, (fields) => readInstance(cursor, fields, nodeIndex));
  const tags = lines.slice(starts[3], starts[4] === undefined ? undefined : starts[4] - 1);
  const policies = new Map<string, InstancePolicy>();
  section(4, (fields) => readPolicy(cursor, fields, groupNames, policies));
  const withPolicy = groups.map((group) => ({ ...group, ipolicy: policies.get(group.name) ?? defaultPolicy }));
  return { groups: withPolicy, nodes, instances, tags, ipolicy: policies.get('') ?? defaultPolicy };
}

const commaSplit = (text: string): readonly string[] => (text === '' ? [] : text.split(','));

function readGroup(cursor: TextCursor, fields: string[], seen: NameIndex): GroupData {
  const [name, uuid, policy, tags, networks = ''] = fields;
  if (name === undefined || uuid === undefined || policy === undefined || tags === undefined) return tooFew(cursor, fields, 4);
  seen.add(uuid, cursor);
  return {
    uuid,
    name,
    allocPolicy: cursor.word('an allocation policy', policy, allocPolicies),
    networks: commaSplit(networks),
    ipolicy: defaultPolicy,
    tags: commaSplit(tags),
  };
}

function readNode(cursor: TextCursor, fields: string[], groups: NameIndex, seen: NameIndex): NodeData {
  if (fields.length < 9) return tooFew(cursor, fields, 9);
  const [name, tm, nm, fm, td, fd, tc, role, uuid, spindles = '1', tags = '', exclusive = 'N', freeSpindles = '0'] = fields as [
    ...(readonly [string, string, string, string, string, string, string, string, string]),
    ...string[],
  ];
  const [ownCpu = '1', speed = '1'] = fields.slice(13);
  const group = groups.find(uuid, `node ${name}`, cursor);
  seen.add(name, cursor);
  // Ganeti writes a question mark for what a node did not tell.
  const silent = tm === '?' || nm === '?' || fm === '?' || td === '?' || fd === '?' || tc === '?';
  if (silent) return silentNode(name, group);
  return {
    name,
    group,
    totalMemory: cursor.real('total memory', tm),
    nodeMemory: cursor.integer('node memory', nm),
    freeMemory: cursor.integer('free memory', fm),
    totalDisk: cursor.real('total disk', td),
    freeDisk: cursor.integer('free disk', fd),
    totalCpu: cursor.real('processors', tc),
    nodeCpu: cursor.integer('processors of the node', ownCpu),
    cpuSpeed: cursor.real('processor speed', speed),
    offline: role === 'Y',
    master: role === 'M',
    totalSpindles: cursor.integer('spindles', spindles),
    freeSpindles: cursor.integer('free spindles', freeSpindles),
    exclusiveStorage: cursor.flag('exclusive storage', exclusive),
    tags: commaSplit(tags),
  };
}

const silentNode = (name: string, group: number): NodeData => ({
  name,
  group,
  totalMemory: 0,
  nodeMemory: 0,
  freeMemory: 0,
  totalDisk: 0,
  freeDisk: 0,
  totalCpu: 0,
  nodeCpu: 0,
  cpuSpeed: 1,
  offline: true,
  master: false,
  totalSpindles: 0,
  freeSpindles: 0,
  exclusiveStorage: false,
  tags: [],
});

function readInstance(cursor: TextCursor, fields: string[], nodes: NameIndex): InstanceData {
  if (fields.length < 10) return tooFew(cursor, fields, 10);
  const [name, memory, disk, vcpus, status, balance, pnode, snode, template, tags] = fields as [
    ...(readonly [string, string, string, string, string, string, string, string, string, string]),
    ...string[],
  ];
  const [spindleUse = '1', spindles = '-', forthcoming = 'N'] = fields.slice(10);
  const owner = `instance ${name}`;
  const primary = nodes.find(pnode, owner, cursor);
  const secondary = snode === '' ? noNode : nodes.find(snode, owner, cursor);
  if (primary === secondary) throw new GantryError('HTOOLS_SAME_NODE', { place: cursor.place, instance: name, node: pnode });
  const size = cursor.integer('disk', disk);
  return {
    name,
    memory: cursor.integer('memory', memory),
    disk: size,
    disks: [{ size, spindles: spindles === '-' ? undefined : cursor.integer('spindles', spindles) }],
    vcpus: cursor.integer('virtual processors', vcpus),
    status: cursor.word('a state of an instance', status, instanceStatuses),
    autoBalance: cursor.flag('auto_balance', balance),
    primary,
    secondary,
    diskTemplate: cursor.word('a disk template', template, diskTemplates),
    spindleUse: cursor.integer('spindle use', spindleUse),
    tags: commaSplit(tags),
    nics: [],
    forthcoming: cursor.flag('forthcoming', forthcoming),
  };
}

function readPolicy(cursor: TextCursor, fields: string[], groups: NameIndex, policies: Map<string, InstancePolicy>): void {
  const [owner, ...rest] = fields as [string, ...string[]];
  if (rest.length < 5) tooFew(cursor, fields, 6);
  if (owner !== '') groups.find(owner, 'its policy', cursor);
  policies.set(owner, parsePolicy(cursor, rest));
}

function tooFew(cursor: TextCursor, fields: readonly string[], needed: number): never {
  return cursor.fail(`${fields.length} columns instead of ${needed} or more: '${fields.join('|')}'`);
}
