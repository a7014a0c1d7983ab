/** Where two JSON values differ, one line each: `.nodes[0].name: "a" is not "b"`. */
export function differences(ours: unknown, theirs: unknown, path = ''): string[] {
  if (JSON.stringify(ours) === JSON.stringify(theirs)) return [];
  if (Array.isArray(ours) && Array.isArray(theirs) && ours.length === theirs.length) {
    return ours.flatMap((one, index) => differences(one, theirs[index], `${path}[${index}]`));
  }
  if (isObject(ours) && isObject(theirs)) {
    return [...new Set([...Object.keys(ours), ...Object.keys(theirs)])].flatMap((key) => {
      const at = `${path}.${key}`;
      if (!(key in ours)) return [`${at}: missing`];
      return key in theirs ? differences(ours[key], theirs[key], at) : [`${at}: extra`];
    });
  }
  return [`${path}: ${JSON.stringify(ours)} is not ${JSON.stringify(theirs)}`];
}

/** Where the keys or types of ours differ from theirs; every element of a list is compared with the first of theirs. */
export function shapeDifferences(ours: unknown, theirs: unknown, path = ''): string[] {
  if (typeOf(ours) !== typeOf(theirs)) return [`${path}: ${typeOf(ours)} is not ${typeOf(theirs)}`];
  if (Array.isArray(ours) && Array.isArray(theirs)) {
    return theirs.length === 0 ? [] : ours.flatMap((one, index) => shapeDifferences(one, theirs[0], `${path}[${index}]`));
  }
  if (!isObject(ours) || !isObject(theirs)) return [];
  return [...new Set([...Object.keys(ours), ...Object.keys(theirs)])].flatMap((key) => {
    const at = `${path}.${key}`;
    if (!(key in ours)) return [`${at}: missing`];
    return key in theirs ? shapeDifferences(ours[key], theirs[key], at) : [`${at}: extra`];
  });
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);

function typeOf(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'list' : typeof value;
}
