import { type TObject, type TProperties, type TRecord, Type } from 'typebox';
import { type DiskTemplate, diskTemplateRow, diskTemplates } from '../disk-templates/catalogue.ts';
import type { PartialParams } from '../objects/common.ts';
import { orReset } from './reset.ts';

type Defaults = Readonly<Record<string, string | number | boolean>>;

/** Ganeti's parameters of each disk template with their defaults. */
export const defaultDiskparams: Readonly<Record<DiskTemplate, Defaults>> = mapTemplates((template) => diskTemplateRow(template).params);

function mapTemplates<T>(of: (template: DiskTemplate) => T): Record<DiskTemplate, T> {
  return Object.fromEntries(diskTemplates.map((template) => [template, of(template)])) as Record<DiskTemplate, T>;
}

const schemaOf = (value: string | number | boolean) =>
  typeof value === 'number' ? Type.Integer({ minimum: 0 }) : typeof value === 'boolean' ? Type.Boolean() : Type.String();

function schemaOfTemplate(template: DiskTemplate) {
  const fields: TProperties = {};
  for (const [name, value] of Object.entries(defaultDiskparams[template])) fields[name] = Type.Optional(schemaOf(value));
  return Type.Object(fields, { additionalProperties: false });
}

function schemaOfAll(of: (template: DiskTemplate) => TObject) {
  const fields = mapTemplates((template) => Type.Optional(of(template)));
  return Type.Object(fields, { additionalProperties: false }) as unknown as TRecord<string, typeof PartialParams>;
}

/** By disk template, as set at one level. */
export const DiskparamsPartial = schemaOfAll(schemaOfTemplate);
/** By disk template, as a change of one level asks for them. */
export const DiskparamsChange = schemaOfAll((template) => orReset(schemaOfTemplate(template)));
