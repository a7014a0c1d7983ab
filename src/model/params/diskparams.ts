import { type TObject, type TProperties, type TRecord, Type } from 'typebox';
import type { PartialParams } from '../objects/common.ts';
import { type DiskTemplate, diskTemplates } from '../objects/disk.ts';
import { orReset } from './reset.ts';

const access = 'kernelspace';

/** Ganeti's parameters of each disk template with their defaults; templates that are missing have none. */
export const defaultDiskparams: Readonly<Partial<Record<DiskTemplate, Readonly<Record<string, string | number | boolean>>>>> = {
  drbd: {
    'resync-rate': 61440,
    'data-stripes': 1,
    'meta-stripes': 1,
    'disk-barriers': 'n',
    'meta-barriers': false,
    metavg: 'xenvg',
    'disk-custom': '',
    'net-custom': '',
    protocol: 'C',
    'dynamic-resync': false,
    'c-plan-ahead': 20,
    'c-fill-target': 0,
    'c-delay-target': 1,
    'c-max-rate': 61440,
    'c-min-rate': 4096,
  },
  plain: { stripes: 1 },
  rbd: { access, pool: 'rbd' },
  ext: { access },
  gluster: { access, host: '127.0.0.1', port: 24007, volume: 'gv0' },
};

const schemaOf = (value: string | number | boolean) =>
  typeof value === 'number' ? Type.Integer({ minimum: 0 }) : typeof value === 'boolean' ? Type.Boolean() : Type.String();

function schemaOfTemplate(template: DiskTemplate) {
  const fields: TProperties = {};
  for (const [name, value] of Object.entries(defaultDiskparams[template] ?? {})) fields[name] = Type.Optional(schemaOf(value));
  return Type.Object(fields, { additionalProperties: false });
}

function schemaOfAll(of: (template: DiskTemplate) => TObject) {
  const fields = Object.fromEntries(diskTemplates.map((template) => [template, Type.Optional(of(template))]));
  return Type.Object(fields, { additionalProperties: false }) as unknown as TRecord<string, typeof PartialParams>;
}

/** By disk template, as set at one level. */
export const DiskparamsPartial = schemaOfAll(schemaOfTemplate);
/** By disk template, as a change of one level asks for them. */
export const DiskparamsChange = schemaOfAll((template) => orReset(schemaOfTemplate(template)));
