import { LocationFile } from '../../src/htools/index.ts';

/** `docs/location.schema.json`: what a location file may have, for editors. References are paths, which all of them follow. */
export function locationSchema(): string {
  const plain: unknown = JSON.parse(JSON.stringify(LocationFile.File), (key, value: unknown) => {
    if (key === '$id') return undefined;
    return key === '$ref' ? `#/$defs/${String(value)}` : value;
  });
  const head = { $schema: 'https://json-schema.org/draft/2020-12/schema', title: 'Location file of Gantry' };
  return `${JSON.stringify({ ...head, ...(plain as object) }, undefined, 2)}\n`;
}
