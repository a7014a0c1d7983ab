import { type Static, type TSchema, Type } from 'typebox';
import { validate } from '../validate.ts';
import { type DiskTemplate, diskTemplateCatalogue, diskTemplates } from './catalogue.ts';
import type { LogicalIdPart } from './disk-template-row.ts';

/** What `logical_id` of a disk template holds. */
export type LogicalIdOf<T extends DiskTemplate> = Static<ReturnType<(typeof diskTemplateCatalogue)[T]['logicalId']>>;

const schemas = new Map<DiskTemplate, TSchema>(
  diskTemplates.map((template) => [template, diskTemplateCatalogue[template].logicalId(Type)]),
);

/** The `logical_id` of a disk with the types of its template. @throws INPUT_INVALID when it has another form */
export function requireLogicalId<T extends DiskTemplate>(template: T, id: readonly LogicalIdPart[]): LogicalIdOf<T> {
  return validate(schemas.get(template) as TSchema, id, `logical_id of a disk of template ${template}`) as LogicalIdOf<T>;
}
