import type { Instance } from '../../../model/index.ts';
import { type Field, fieldsOf } from '../../fields/field.ts';
import type { FieldKind, Got } from '../../fields/value-types.ts';
import type { ConfigView } from '../../view.ts';

const { computed } = fieldsOf<Instance>();

/**
 * How a field for each of the first parts of an instance is defined, `disk.size/0` and so on; not available where there are
 * fewer parts.
 * @param thing what a part is called
 */
export function numberedFields<Part>(count: number, thing: string, partsOf: (instance: Instance) => readonly Part[]) {
  return <const K extends FieldKind>(
    name: string,
    title: string,
    kind: K,
    what: string,
    get: (part: Part, view: ConfigView) => Got<K>,
  ): readonly Field<Instance>[] =>
    Array.from({ length: count }, (_, index) =>
      computed(`${name}/${index}`, `${title}/${index}`, kind, `${what} of ${thing} ${index}`, (instance, view): Got<K> => {
        const part = partsOf(instance)[index];
        return part === undefined ? (null as Got<K>) : get(part, view);
      }),
    );
}
