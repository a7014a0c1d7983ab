import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { JsonObject } from '../../base/index.ts';
import { type CliFlag, type OpcodeDefinition, opcodeCatalogue, validate } from '../../model/index.ts';
import type { ClusterClient } from '../connect/cluster-client.ts';
import { opcodeCommands } from './opcode-commands.ts';
import { parseCommandLine } from './parse-command-line.ts';
import type { ValueSchema } from './parse-values.ts';

type Sample = readonly [words: readonly string[], value: unknown];
type Schema = ValueSchema & { readonly enum?: readonly string[]; readonly const?: unknown; readonly pattern?: string };

const commands = opcodeCommands();
const definitions = [...opcodeCatalogue.values()].filter(({ cli }) => cli !== undefined);
let folder: string;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gantry-flags-'));
  await writeFile(join(folder, 'given'), 'levels: [rack]\n');
});
after(() => rm(folder, { recursive: true }));

/** The opcode that a command line sends, with what is in every job taken off. */
async function sent(definition: OpcodeDefinition, words: readonly string[]): Promise<JsonObject> {
  const command = commands.find(({ path }) => path.join(' ') === definition.cli?.command.join(' '));
  assert.ok(command);
  const enough = new Error('submitted');
  let op: JsonObject = {};
  const client = {
    submit: (ops: readonly JsonObject[]) => {
      [op = {}] = ops;
      throw enough;
    },
  } as unknown as ClusterClient;
  await assert.rejects(
    async () => command.run({ ...parseCommandLine(command, words), command, output: 'json', client: () => client }),
    enough,
  );
  validate(definition.params, op, 'opcode');
  const { reason: _reason, OP_ID: id, ...params } = op;
  assert.equal(id, definition.id);
  return params as JsonObject;
}

/** Flags without which a command sends nothing that its opcode takes. */
const neededFlags: Readonly<Record<string, JsonObject>> = { OP_NETWORK_ADD: { network: '10.1.0.0/24' } };

/** What is always given: arguments, flags that are needed, and an answer to the question. */
function basis(definition: OpcodeDefinition): { words: string[]; params: JsonObject } {
  const { args = [], flags = {}, confirm } = definition.cli ?? { command: [] };
  const given = args.map(({ param, variadic }) => {
    const schema = concrete(definition.ownFields[param] as Schema);
    const word = schema.enum?.[0] ?? 'name1';
    return [word, [param, variadic ? [word] : word]] as const;
  });
  const needed = neededFlags[definition.id] ?? {};
  return {
    words: [
      ...given.map(([word]) => word),
      ...Object.entries(needed).flatMap(([param, value]) => [longName(flags[param]), String(value)]),
      ...(confirm === undefined ? [] : ['--yes']),
    ],
    params: { ...Object.fromEntries(given.map(([, entry]) => entry)), ...needed },
  };
}

const longName = (flag: CliFlag | undefined): string => /--[\w-]+/.exec(flag?.flags ?? '')?.[0] ?? '';

function concrete(schema: Schema): Schema {
  const all = schema.anyOf?.map((one) => concrete(one as Schema)).filter(({ type }) => type !== 'null');
  return all?.find(({ enum: words, const: word }) => words ?? word) ?? all?.[0] ?? schema;
}

/** Samples that the schema alone cannot tell. */
const ownSamples: Readonly<Record<string, Sample>> = {
  disks: [['2G'], [{ size: 2048 }]],
  nics: [['0:ip=10.0.0.5,link=br7'], [{ ip: '10.0.0.5', link: 'br7' }]],
  beparams: [['maxmem=2G,vcpus=3'], { maxmem: 2048, vcpus: 3 }],
  hvparams: [['acpi=true,boot_order=disk'], { acpi: true, boot_order: 'disk' }],
  nicparams: [['link=br7'], { link: 'br7' }],
  ndparams: [['spindle_count=4'], { spindle_count: 4 }],
  ipolicy: [['vcpu-ratio=4.5'], { 'vcpu-ratio': 4.5 }],
  enabled_data_collectors: [['lv=false'], { lv: false }],
  data_collector_interval: [['lv=2.5'], { lv: 2_500_000 }],
  mac_prefix: [['aa:00:01'], 'aa:00:01'],
  network_vlan: [['7'], '7'],
  osparams_private: [['a=1,b=yes'], { a: '1', b: 'yes' }],
  osparams_secret: [['a=1,b=yes'], { a: '1', b: 'yes' }],
};

function sample(param: string, flag: CliFlag, definition: OpcodeDefinition): Sample {
  const own = ownSamples[param];
  if (own) return own;
  if (flag.parse === 'file') return [[join(folder, 'given')], 'levels: [rack]\n'];
  const schema = concrete(definition.ownFields[param] as Schema);
  if (flag.parse === 'keyValues') return [['size=2'], { size: '2' }];
  const { type, description = '' } = schema;
  const word = schema.enum?.at(-1) ?? 'name7';
  if (type === 'array') {
    const items = concrete((schema.items ?? {}) as Schema);
    const item = items.enum?.at(-1) ?? 'item7';
    return [[`${item},${item}`], [item, item]];
  }
  if (flag.parse === 'size' || (type === 'integer' && /\bMiB$/.test(description))) return [['2G'], 2048];
  if (type === 'integer' || type === 'number') return [['7'], 7];
  if (type === 'boolean') return [['no'], false];
  return [[word], word];
}

/** A switch says what its name says: `--no-start` that there is no start, `--no-install` that `no_install` is so. */
const switchValue = (param: string, long: string): boolean => !long.startsWith('--no-') || param.startsWith('no_');

for (const definition of definitions) {
  const path = definition.cli?.command.join(' ');
  test(`every flag of "gantry ${path}" makes its parameter`, async () => {
    const { words, params } = basis(definition);
    const mode = definition.id === 'OP_INSTANCE_CREATE' ? { mode: 'create' } : {};
    assert.deepEqual(await sent(definition, words), { ...mode, ...params });
    for (const [param, flag] of Object.entries(definition.cli?.flags ?? {})) {
      if (param in params) continue;
      const takesValue = /<[^>]+>$/.test(flag.flags);
      const spellings = flag.flags.replace(/ <.*/, '').split(', ');
      const [given, value]: Sample = takesValue ? sample(param, flag, definition) : [[], switchValue(param, spellings.at(-1) ?? '')];
      for (const spelling of spellings) {
        const op = await sent(definition, [...words, spelling, ...given]);
        assert.deepEqual(op, { ...mode, ...params, [param]: value }, `gantry ${path} ${spelling} ${given.join(' ')}`);
      }
    }
  });
}

test('options that every job has reach the opcode', async () => {
  const definition = opcodeCatalogue.get('OP_INSTANCE_STARTUP');
  assert.ok(definition);
  const common = ['--dry-run', '--priority', 'low', '--depends', '7'];
  assert.deepEqual(await sent(definition, ['web1', ...common]), {
    instance_name: 'web1',
    dry_run: true,
    priority: 10,
    depends: [[7, []]],
  });
});

test('short ways of "instance add" make what their long ones make', async () => {
  const definition = opcodeCatalogue.get('OP_INSTANCE_CREATE');
  assert.ok(definition);
  for (const [words, params] of [
    [['--memory', '1G', '--vcpus', '2'], { beparams: { minmem: 1024, maxmem: 1024, vcpus: 2 } }],
    [['-s', '2G'], { disks: [{ size: 2048 }] }],
    [['--no-nics'], { nics: [] }],
    [['-B', 'memory=1G'], { beparams: { minmem: 1024, maxmem: 1024 } }],
  ] as const) {
    assert.deepEqual(await sent(definition, ['web1', ...words]), { mode: 'create', instance_name: 'web1', ...params });
  }
});

test('every command that makes a job takes --yes and --force; a --force of its own reaches the opcode', async () => {
  for (const definition of definitions) {
    const { words, params } = basis(definition);
    for (const yes of ['-y', '--yes', '-f', '--force']) {
      const own = yes.endsWith('f') || yes.endsWith('force') ? Object.keys(definition.cli?.flags ?? {}).includes('force') : false;
      const mode = definition.id === 'OP_INSTANCE_CREATE' ? { mode: 'create' } : {};
      const given = [...words.filter((word) => own || word !== '--yes'), yes];
      assert.deepEqual(await sent(definition, given), { ...mode, ...params, ...(own ? { force: true } : {}) }, `${definition.id} ${yes}`);
    }
  }
});

test('limits of an instance policy are written as in Ganeti, complete', async () => {
  const definition = opcodeCatalogue.get('OP_GROUP_SET_PARAMS');
  assert.ok(definition);
  const min = 'cpu-count=1,disk-count=0,disk-size=1,memory-size=128,nic-count=0,spindle-use=0';
  const max = 'cpu-count=16,disk-count=16,disk-size=2T,memory-size=64G,nic-count=8,spindle-use=12';
  const low = { 'cpu-count': 1, 'disk-count': 0, 'disk-size': 1, 'memory-size': 128, 'nic-count': 0, 'spindle-use': 0 };
  const high = { 'cpu-count': 16, 'disk-count': 16, 'disk-size': 2_097_152, 'memory-size': 65_536, 'nic-count': 8, 'spindle-use': 12 };
  const pair = `min:${min}/max:${max}`;
  const words = ['default', '--ipolicy', 'vcpu-ratio=2', '--ipolicy-bounds-specs', `${pair}//${pair}`, '--ipolicy-std-specs', min];
  assert.deepEqual(await sent(definition, [...words, '--ipolicy-disk-templates', 'file,diskless']), {
    group_name: 'default',
    ipolicy: {
      'vcpu-ratio': 2,
      minmax: [
        { min: low, max: high },
        { min: low, max: high },
      ],
      std: low,
      'disk-templates': ['file', 'diskless'],
    },
  });
  for (const [specs, problem] of [
    ['min:cpu-count=1', /not of the form/],
    [`min:${min}/max:cpu-count=2`, /lacks disk-count/],
    [`min:${min.replace('cpu-count=1', 'cpus=1')}/max:${max}`, /cpus.*is not known/],
    [`min:${min.replace('cpu-count=1', 'cpu-count=x')}/max:${max}`, /not a whole number/],
  ] as const) {
    await assert.rejects(sent(definition, ['default', '--ipolicy-bounds-specs', specs]), (error: { actual?: unknown }) => {
      assert.match(String((error.actual as Error).message), problem);
      return true;
    });
  }
});
