import { type Static, type TSchema, Type } from 'typebox';
import { Check } from 'typebox/value';
import { GantryError } from '../../base/index.ts';
import type { OnceOptions } from '../../monitor/index.ts';
import type { CollectorLine } from './collector-options.ts';
import { readGivenFile } from './read-given-file.ts';
import { showText } from './show-text.ts';

type Instances = NonNullable<OnceOptions['instances']>;

/** Node, minor, instance, disk, role and the node of the peer (source: Ganeti's confd, query of DRBD minors). */
const Pairing = Type.Array(Type.Unsafe<[string, number, string, ...unknown[]]>(Type.Array(Type.Unknown(), { minItems: 3 })));

const Disk = Type.Object({
  dev_type: Type.String(),
  logical_id: Type.Array(Type.Unknown()),
  children: Type.Optional(Type.Array(Type.Unknown())),
});

/** Each with its disks (source: mon-collector(7), option --instances). */
const InstanceDisks = Type.Array(
  Type.Unsafe<[{ name: string }, unknown[]]>(Type.Tuple([Type.Object({ name: Type.String() }), Type.Array(Type.Unknown())])),
);

/** What the options of a collector give it in place of this host's. @throws MONITOR_COLLECTOR_FILE_UNREADABLE, MONITOR_COLLECTOR_FILE_MALFORMED */
export function givenFacts(name: string, { options }: CollectorLine, warn: (message: string) => void): OnceOptions {
  const text = (option: string): string | undefined => {
    const file = options[option];
    return typeof file === 'string' ? readGivenFile(file) : undefined;
  };
  const source = text(name === 'drbd' ? 'drbd-status' : 'file');
  const instances = instancesFrom(text('drbd-pairing'), text('instances'), warn);
  const command = options['command'];
  return {
    ...(typeof command === 'string' && { command }),
    ...(source !== undefined &&
      (name === 'lv' ? { outputs: new Map([['lvs', source]]) } : { files: new Map([[`/proc/${name}`, source]]) })),
    ...(instances && { instances }),
  };
}

function instancesFrom(pairing: string | undefined, disks: string | undefined, warn: (message: string) => void): Instances | undefined {
  if (pairing !== undefined) {
    const pairs = parseAs(Pairing, pairing);
    if (!pairs) warn('No instances are named: Malformed JSON in the file of pairings');
    return (pairs ?? []).map(([, minor, instance]) => ({
      name: String(instance),
      hypervisor: 'kvm',
      interfaces: [],
      drbdMinors: [Number(minor)],
    }));
  }
  if (disks === undefined) return undefined;
  const list = parseAs(InstanceDisks, disks);
  if (!list) {
    const facts = { name: 'lv', text: showText(disks), part: 'instances', problem: 'Malformed JSON' };
    throw new GantryError('MONITOR_COLLECTOR_FILE_MALFORMED', facts);
  }
  return list.map(([{ name }, own]) => ({ name, hypervisor: 'kvm', interfaces: [], volumes: own.flatMap(volumesOf) }));
}

/** `GROUP/NAME` of a disk and of those that it is made of. */
function volumesOf(disk: unknown): string[] {
  if (!Check(Disk, disk)) return [];
  const own = disk.dev_type === 'plain' ? [disk.logical_id.join('/')] : [];
  return [...own, ...(disk.children ?? []).flatMap(volumesOf)];
}

function parseAs<T extends TSchema>(schema: T, text: string): Static<T> | undefined {
  try {
    // Files are read as Latin-1.
    const value: unknown = JSON.parse(Buffer.from(text, 'latin1').toString());
    return Check(schema, value) ? value : undefined;
  } catch {
    // Not JSON: the caller says so.
    return undefined;
  }
}
