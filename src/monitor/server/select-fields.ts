import type { Json, JsonObject } from '../../base/index.ts';

/** Parts of a report to be shown, as a tree of their names; an empty one stands for all that is below. */
export interface FieldTree {
  readonly [name: string]: FieldTree;
}

/** `name,data.cpu_total` as a tree. */
export function parseFields(text: string): FieldTree {
  const root: Record<string, FieldTree> = Object.create(null);
  for (const path of text.split(',').filter((word) => word !== '')) {
    let place = root;
    for (const name of path.split('.')) {
      place[name] ??= Object.create(null) as FieldTree;
      place = place[name] as Record<string, FieldTree>;
    }
  }
  return root;
}

/** The parts of a value that the tree names; of an array those of each element. What is not there is left out. */
export function selectFields(value: Json, fields: FieldTree): Json {
  const wanted = Object.entries(fields);
  if (wanted.length === 0 || value === null || typeof value !== 'object') return value;
  if (Array.isArray(value)) return value.map((element) => selectFields(element, fields));
  const object = value as JsonObject;
  const shown: [string, Json][] = [];
  for (const [name, below] of wanted) {
    const part = Object.hasOwn(object, name) ? object[name] : undefined;
    if (part !== undefined) shown.push([name, selectFields(part, below)]);
  }
  return Object.fromEntries(shown);
}
