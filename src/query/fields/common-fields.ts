import { type Field, fieldsOf } from './field.ts';
import { always, names } from './value-types.ts';

interface StoredObject {
  readonly ctime: number;
  readonly mtime: number;
  readonly uuid: string;
  readonly serial_no: number;
  readonly tags: readonly string[];
}

const { stored } = fieldsOf<StoredObject>();

/** The fields that every stored object has. */
export const commonFields = (object: string): readonly Field<StoredObject>[] => [
  stored('ctime', 'CTime', always('timestamp'), 'When it was created', (item) => item.ctime),
  stored('mtime', 'MTime', always('timestamp'), 'When it was changed last', (item) => item.mtime),
  stored('uuid', 'UUID', always('text'), `${object} UUID`, (item) => item.uuid),
  stored(
    'serial_no',
    'SerialNo',
    always('number'),
    `Grows by one with every change of the ${object.toLowerCase()}`,
    (item) => item.serial_no,
  ),
  stored('tags', 'Tags', names, 'Tags', (item) => item.tags),
];
