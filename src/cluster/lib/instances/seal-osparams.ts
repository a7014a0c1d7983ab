import { GantryError } from '../../../base/index.ts';
import type { OpInput } from '../../../jobs/index.ts';
import { opcodeCatalogue, resetWord } from '../../../model/index.ts';
import type { SecretParameters } from '../../../rpc/index.ts';
import type { SecretBox } from '../../../store/index.ts';
import type { Osparams } from './osparams.ts';

type ByOs = Readonly<Record<string, Osparams>>;
interface ClusterOsparams {
  readonly osparams?: ByOs;
  readonly osparams_private_cluster?: ByOs;
}
/** Undefined for an OS that no node has told of yet. */
type Declared = (os: string) => SecretParameters | undefined;
type Kind = 'osparams' | 'osparams_private' | 'osparams_secret';
/** The parameters of one OS: those that anybody may see, those that are kept, and those of the job alone. */
type Sorted = Readonly<Record<Kind, Osparams>>;

const none: Sorted = { osparams: {}, osparams_private: {}, osparams_secret: {} };

/**
 * The opcode as it may be stored: private and secret parameters encrypted, and those that the OS declares so moved to where
 * they belong. While no node has told of the OS, all its parameters are encrypted; `settleOsparams` decides later.
 * @throws INPUT_INVALID
 */
export function sealOsparams(box: SecretBox, declared: Declared, op: OpInput): OpInput {
  const seal = (values: Osparams) => mapValues(values, box.seal);
  if (op['osparams_private_cluster'] || isByOs(op)) return sealClusterOsparams(box, declared, op);
  if (!op['osparams'] && !op['osparams_private'] && !op['osparams_secret']) return op;
  const given = { ...none, ...definedOf(op) };
  checkValues(op.OP_ID, given);
  const known = declared(String(op['os_type'] ?? ''));
  const sorted = known ? sortByKind(given, known) : given;
  return {
    ...op,
    ...(op['osparams'] ? { osparams: known ? sorted.osparams : seal(sorted.osparams) } : {}),
    ...unlessEmpty('osparams_private', seal(sorted.osparams_private)),
    ...unlessEmpty('osparams_secret', seal(sorted.osparams_secret)),
  };
}

/** Parameters that were encrypted because nobody knew the OS: those that need not be are opened. One that is still unknown stays so. */
export function settleOsparams(box: SecretBox, known: SecretParameters | undefined, given: Partial<Sorted>): Sorted {
  const all = { ...none, ...given };
  if (!known) return all;
  const sorted = sortByKind(all, known);
  return { ...sorted, osparams: mapValues(sorted.osparams, box.open) };
}

/**
 * The same for defaults of the cluster; whatever kind of secret they are, they are kept. What is reset is reset wherever it
 * is kept: it may have been stored before its OS was known.
 */
export function settleClusterOsparams<P extends ClusterOsparams>(box: SecretBox, declared: Declared, params: P): P {
  const { osparams: open, osparams_private_cluster: hidden = {} } = params;
  if (!open) return params;
  const settled = Object.entries(open).map(([os, osparams]) => {
    const sorted = settleOsparams(box, declared(os), { osparams, osparams_private: hidden[os] ?? {} });
    const resets = resetsOf(osparams);
    return [os, { ...resets, ...sorted.osparams }, { ...resets, ...sorted.osparams_private, ...sorted.osparams_secret }] as const;
  });
  const kept = settled.filter(([, , secrets]) => Object.keys(secrets).length > 0).map(([os, , secrets]) => [os, secrets]);
  return {
    ...params,
    osparams: Object.fromEntries(settled.map(([os, values]) => [os, values])),
    ...unlessEmpty('osparams_private_cluster', { ...hidden, ...Object.fromEntries(kept) }),
  };
}

function sealClusterOsparams(box: SecretBox, declared: Declared, op: OpInput): OpInput {
  const open = (op['osparams'] ?? {}) as ByOs;
  const hidden = (op['osparams_private_cluster'] ?? {}) as ByOs;
  const seen: Record<string, Osparams> = {};
  const kept: Record<string, Osparams> = {};
  // Not a value, and no secret.
  const seal = (value: string) => (value === resetWord ? value : box.seal(value));
  for (const os of new Set([...Object.keys(open), ...Object.keys(hidden)])) {
    const given = { ...none, osparams: open[os] ?? {}, osparams_private: hidden[os] ?? {} };
    checkValues(op.OP_ID, given);
    const known = declared(os);
    const sorted = known ? sortByKind(given, known) : given;
    if (open[os]) seen[os] = { ...resetsOf(open[os]), ...(known ? sorted.osparams : mapValues(sorted.osparams, seal)) };
    // A default that a cluster sets is kept, whatever kind of secret it is.
    const secrets = mapValues({ ...sorted.osparams_private, ...sorted.osparams_secret }, seal);
    if (Object.keys(secrets).length > 0) kept[os] = secrets;
  }
  return { ...op, ...(op['osparams'] ? { osparams: seen } : {}), ...unlessEmpty('osparams_private_cluster', kept) };
}

function sortByKind(given: Sorted, known: SecretParameters): Sorted {
  const entries = Object.entries(given.osparams);
  const kindOf = (name: string) => (Object.hasOwn(known, name) ? known[name] : undefined);
  const of = (kind: 'secret' | 'private' | undefined) => Object.fromEntries(entries.filter(([name]) => kindOf(name) === kind));
  return {
    osparams: of(undefined),
    osparams_private: { ...of('private'), ...given.osparams_private },
    osparams_secret: { ...of('secret'), ...given.osparams_secret },
  };
}

/** A name is given once, and no value would end a variable of the environment early. */
function checkValues(opcode: string, given: Sorted): void {
  const seen = new Set<string>();
  for (const [kind, values] of Object.entries(given)) {
    for (const [name, value] of Object.entries(values)) {
      const field = `${kind}.${name}`;
      if (seen.has(name))
        throw new GantryError('INPUT_INVALID', { subject: opcode, field, problem: 'is given as another kind of parameter, too' });
      if (value.includes('\0')) throw new GantryError('INPUT_INVALID', { subject: opcode, field, problem: 'holds a zero byte' });
      seen.add(name);
    }
  }
}

/** Of the cluster the parameters are given for each OS. */
const isByOs = (op: OpInput): boolean =>
  op['osparams'] !== undefined && opcodeCatalogue.get(op.OP_ID)?.ownFields['osparams_private_cluster'] !== undefined;

function definedOf(op: OpInput): Partial<Sorted> {
  const kinds: readonly Kind[] = ['osparams', 'osparams_private', 'osparams_secret'];
  return Object.fromEntries(kinds.flatMap((kind) => (op[kind] ? [[kind, op[kind] as Osparams]] : [])));
}

const resetsOf = (values: Osparams): Osparams => Object.fromEntries(Object.entries(values).filter(([, value]) => value === resetWord));

const mapValues = (values: Osparams, change: (value: string) => string): Record<string, string> =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name, change(value)]));

const unlessEmpty = (name: string, values: Readonly<Record<string, unknown>>) => (Object.keys(values).length > 0 ? { [name]: values } : {});
