import { isMap, isNode, isPair, LineCounter, type Node, parseDocument } from 'yaml';
import { GantryError } from '../../base/index.ts';

type Path = readonly (string | number)[];

/** A YAML or JSON text as plain values that know their lines. */
export interface LocatedDocument {
  readonly value: unknown;
  /** `file:line` of what is at a path, or of the nearest thing around it. */
  place(path: Path): string;
  /** LOCATION_INVALID at that place. */
  invalid(path: Path, problem: string): GantryError;
}

/** @throws LOCATION_SYNTAX */
export function locateDocument(text: string, file: string): LocatedDocument {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const at = (offset: number) => `${file}:${lines.linePos(offset).line}`;
  const [error] = document.errors;
  if (error) throw new GantryError('LOCATION_SYNTAX', { at: at(error.pos[0]), problem: error.message });
  const place = (path: Path): string => {
    const found = nodeAt(document.contents, path);
    return found?.range ? at(found.range[0]) : file;
  };
  const invalid = (path: Path, problem: string) => new GantryError('LOCATION_INVALID', { at: place(path), problem });
  return { value: plainValue(), place, invalid };

  function plainValue(): unknown {
    try {
      return document.toJS({ maxAliasCount: 1000 }) ?? {};
    } catch (cause) {
      // An alias without its anchor, or aliases that unfold into more than a file can mean.
      const problem = cause instanceof Error ? cause.message : String(cause);
      throw new GantryError('LOCATION_SYNTAX', { at: `${file}:1`, problem }, { cause });
    }
  }
}

/** The node at a path; for the key of a map, the key, because that is where its line begins. */
function nodeAt(root: Node | null, path: Path): Node | null {
  let node: Node | null = root;
  let key: Node | null = null;
  for (const step of path) {
    if (isMap(node)) {
      const pair = node.items.find(({ key: own }) => isNode(own) && 'value' in own && own.value === step);
      if (!isPair(pair)) break;
      key = isNode(pair.key) ? pair.key : null;
      node = isNode(pair.value) ? pair.value : null;
    } else {
      const item = node && 'items' in node ? node.items[Number(step)] : undefined;
      if (!isNode(item)) break;
      key = item;
      node = item;
    }
  }
  return key ?? node;
}
