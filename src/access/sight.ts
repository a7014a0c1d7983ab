import { closestName, GantryError } from '../base/index.ts';
import type { OpcodeDefinition } from '../model/index.ts';
import { createdObjects, objectKey, objectsOfOpcode } from './authz/objects-of-opcode.ts';
import {
  configuredObjects,
  isThere,
  type NamedObject,
  type ObjectSource,
  objectOfRow,
  type ResolvedObject,
  resolveObject,
} from './authz/resolve-object.ts';

/** An opcode that was checked against the catalogue. */
export interface NamingOpcode {
  readonly definition: Pick<OpcodeDefinition, 'id' | 'permission' | 'touches' | 'ownFields' | 'subject'>;
  readonly params: Readonly<Record<string, unknown>>;
}

/** What a principal sees of a cluster of which something is hidden from it. What is hidden is answered exactly like what is missing. */
export interface Sight {
  /** Whether a row of a kind of a query is about something that it may see. */
  sees(kind: string, row: unknown): boolean;
  /** The first object that an opcode names and does not create, and that is hidden or missing. @param also what will be there, by `objectKey` */
  unknownOf(op: NamingOpcode, also?: ReadonlySet<string>): NamedObject | undefined;
  /** @throws OBJECT_UNKNOWN, with the closest name that it may see, for what `unknownOf` finds */
  requireNamed(op: NamingOpcode): void;
  /** The error without the name of anything that it may not see. */
  conceal(error: GantryError): GantryError;
}

export function createSight(sees: (object: ResolvedObject) => boolean, source: ObjectSource): Sight {
  const unknownError = ({ kind, name }: NamedObject, cause?: GantryError): GantryError => {
    const names = configuredObjects(kind, source).filter(sees);
    const close = closestName(
      name,
      names.map((object) => object.name),
    );
    return new GantryError('OBJECT_UNKNOWN', { kind, name, ...(close !== undefined && { did_you_mean: close }) }, cause && { cause });
  };
  const sight: Sight = {
    sees(kind, row) {
      const object = objectOfRow(kind, row, source);
      return object === undefined || sees(object);
    },
    unknownOf({ definition, params }, also) {
      const created = createdObjects(definition, params).named;
      return objectsOfOpcode(definition, params).find((named) => {
        const key = objectKey(named);
        if (named.name === '*' || created.has(key) || also?.has(key)) return false;
        const object = resolveObject(named, source);
        return !isThere(object) || !sees(object);
      });
    },
    requireNamed(op) {
      const unknown = sight.unknownOf(op);
      if (unknown) throw unknownError(unknown);
    },
    conceal(error) {
      const { kind, name, did_you_mean: suggested } = error.facts as Record<string, unknown>;
      const mayTell = error.code !== 'OBJECT_UNKNOWN' || suggested === undefined;
      return mayTell ? error : unknownError({ kind: String(kind), name: String(name) }, error);
    },
  };
  return sight;
}
