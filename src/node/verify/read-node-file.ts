import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Static, TSchema } from 'typebox';
import { validate } from '../../model/index.ts';

/** What another process of this node wrote; undefined while there is no such file, or it cannot be read. @throws INPUT_INVALID, SyntaxError */
export async function readNodeFile<T extends TSchema>(folder: string, name: string, schema: T): Promise<Static<T> | undefined> {
  const path = join(folder, name);
  const text = await readFile(path, 'utf8').catch(() => undefined);
  return text === undefined ? undefined : validate(schema, JSON.parse(text), path);
}
