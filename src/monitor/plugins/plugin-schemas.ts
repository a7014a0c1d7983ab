import { type Static, type TSchema, Type } from 'typebox';
import { Check, Errors } from 'typebox/value';
import { labelNamePattern } from './label-names.ts';

const strict = { additionalProperties: false } as const;

/** Names of metrics as Prometheus has them, without colons. */
const Name = Type.String({ pattern: '^[a-zA-Z_][a-zA-Z0-9_]*$', maxLength: 200 });

const Metric = Type.Object(
  {
    name: Type.String({
      ...Name,
      description: 'Without the prefix gantry_plugin_; ends with the unit, if it has one. A counter gets _total in the text.',
    }),
    type: Type.Union([Type.Literal('gauge'), Type.Literal('counter'), Type.Literal('info')], { default: 'gauge' }),
    unit: Type.Optional(
      Type.String({ pattern: '^[a-z][a-z0-9]*$', maxLength: 32, description: 'A base unit: seconds, bytes, celsius, ratio.' }),
    ),
    help: Type.String({ minLength: 1, maxLength: 500 }),
    labels: Type.Array(Type.String({ pattern: labelNamePattern, maxLength: 200 }), { maxItems: 16, uniqueItems: true, default: [] }),
  },
  { ...strict, required: ['name', 'help'] },
);

const Strings = Type.Array(Type.String({ pattern: '^[a-z_][a-z0-9_-]*$', maxLength: 64 }), {
  maxItems: 16,
  uniqueItems: true,
  default: [],
});

/** What a plugin wants, or is granted, beyond its confinement. */
const Privileges = Type.Object(
  {
    groups: Type.Array(Type.String({ ...Strings.items }), { ...Strings, description: 'Groups of the host, such as disk.' }),
    capabilities: Type.Array(Type.String({ ...Strings.items }), {
      ...Strings,
      description: 'Capabilities without cap_, such as sys_rawio.',
    }),
    network: Type.Boolean({ default: false, description: 'The network of the host; otherwise the plugin has an empty one.' }),
    devices: Type.Boolean({
      default: false,
      description:
        'The devices of the host that its user may open; otherwise only null, zero, full, random and urandom. A granted group or capability includes this.',
    }),
  },
  { ...strict, required: [], default: {} },
);
export type Privileges = Static<typeof Privileges>;

const Limits = Type.Object(
  {
    address_space: Type.Integer({ minimum: 16, maximum: 1048576, default: 1024, description: 'MiB of each process.' }),
    memory: Type.Integer({ minimum: 4, maximum: 4096, default: 128, description: 'MiB of all its processes together.' }),
    processes: Type.Integer({ minimum: 1, maximum: 1024, default: 32 }),
    open_files: Type.Integer({ minimum: 8, maximum: 4096, default: 64 }),
    file_size: Type.Integer({
      minimum: 0,
      maximum: 1024,
      default: 0,
      description: 'MiB of each file that it writes; 0: it may not write files.',
    }),
    cpu_seconds: Type.Integer({
      minimum: 1,
      maximum: 86400,
      default: 60,
      description: 'Processor time of one process in one run; not for long-running plugins.',
    }),
  },
  { ...strict, required: [], default: {} },
);

/** What stands beside a plugin, in NAME.yaml or NAME.json; every entry may be left out. */
export const ManifestSchema = Type.Object(
  {
    help: Type.String({ maxLength: 500, default: '', description: 'One sentence on what it reports.' }),
    version: Type.String({ maxLength: 64, default: '1', description: 'Version of the plugin, shown in its reports.' }),
    category: Type.Union([...['instance', 'storage', 'daemon', 'hypervisor', 'node'].map((name) => Type.Literal(name)), Type.Null()], {
      default: null,
    }),
    kind: Type.Union([Type.Literal('performance'), Type.Literal('status')], { default: 'performance' }),
    mode: Type.Union([Type.Literal('once'), Type.Literal('stream')], {
      default: 'once',
      description: 'once: run, or connected to, for each report; stream: keeps running, or connected, and sends one report per line.',
    }),
    interval: Type.Number({ minimum: 1, maximum: 86400, default: 60, description: 'Seconds between two reports.' }),
    timeout: Type.Number({
      minimum: 0.1,
      maximum: 300,
      default: 10,
      description: 'Seconds after which a run, or a request for a report, is ended.',
    }),
    max_age: Type.Optional(
      Type.Number({ minimum: 1, maximum: 31536000, description: 'Seconds after which a file, or the last line of a stream, is too old.' }),
    ),
    largest_report: Type.Integer({ minimum: 16, maximum: 1048576, default: 65536, description: 'In bytes.' }),
    most_series: Type.Integer({ minimum: 1, maximum: 10000, default: 1000 }),
    socket: Type.Optional(
      Type.String({
        pattern: '^/',
        maxLength: 107,
        description: 'Path of a unix socket. The manifest then stands alone, without a file of its name beside it.',
      }),
    ),
    owner: Type.Optional(Type.String({ maxLength: 64, description: 'User, other than root, who may own the file or socket.' })),
    metrics: Type.Optional(
      Type.Array(Metric, {
        maxItems: 200,
        description: 'The metrics that it reports; without this list every metric of a report is a gauge.',
      }),
    ),
    limits: Limits,
    needs: Privileges,
  },
  { ...strict, required: [] },
);
export type Manifest = Static<typeof ManifestSchema>;

/** What the operator decides about all plugins, in a file beside their folder. */
export const SettingsSchema = Type.Object(
  {
    user: Type.Optional(Type.String({ minLength: 1, maxLength: 64 })),
    allow_root: Type.Boolean({ default: false }),
    grants: Type.Record(Type.String({ pattern: '^[A-Za-z][A-Za-z0-9-]*$' }), Privileges, { additionalProperties: false, default: {} }),
  },
  { ...strict, required: [] },
);
export type PluginSettings = Partial<Static<typeof SettingsSchema>> & Pick<Static<typeof SettingsSchema>, 'grants'>;

const Sample = Type.Object(
  {
    name: Name,
    value: Type.Number(),
    labels: Type.Optional(
      Type.Record(Type.String({ pattern: labelNamePattern }), Type.String({ maxLength: 1000 }), {
        additionalProperties: false,
        maxProperties: 16,
      }),
    ),
  },
  strict,
);
export type Sample = Static<typeof Sample>;

/** What a plugin prints. */
export const ReportSchema = Type.Object(
  {
    data: Type.Optional(
      Type.Record(Type.String(), Type.Unknown(), { description: 'Any data; the report of the agent shows them unchanged.' }),
    ),
    status: Type.Optional(
      Type.Object(
        {
          code: Type.Union([Type.Literal(0), Type.Literal(1), Type.Literal(2), Type.Literal(4)], {
            description: '0 good, 1 being repaired, 2 unknown, 4 bad.',
          }),
          message: Type.String({ maxLength: 4096 }),
        },
        { ...strict, description: 'Only for plugins with kind: status.' },
      ),
    ),
    metrics: Type.Optional(Type.Array(Sample)),
  },
  { ...strict, minProperties: 1 },
);
export type Report = Static<typeof ReportSchema>;

/** What does not fit, in words; undefined for a value that does. */
export function misfit(schema: TSchema, value: unknown): string | undefined {
  if (Check(schema, value)) return undefined;
  const errors = Errors(schema, value);
  const first =
    errors.find(({ keyword }) => keyword === 'additionalProperties') ?? errors.find(({ keyword }) => keyword !== 'anyOf') ?? errors[0];
  const { requiredProperties: [missing] = [], additionalProperties: [extra] = [] } = (first?.params ?? {}) as Record<
    string,
    string[] | undefined
  >;
  const place = (first?.instancePath ?? '').split('/').slice(1).join('.') || 'it';
  if (extra !== undefined)
    return place.endsWith('.labels') ? `"${extra}" is not a valid label name in ${place}` : `"${extra}" is not known in ${place}`;
  if (missing !== undefined) return `"${missing}" is missing in ${place}`;
  if (first?.keyword === 'const') return `${place} is not one of the allowed values`;
  return `${place} ${first?.message ?? 'does not fit'}`;
}
