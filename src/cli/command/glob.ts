/** Whether a name has signs that stand for other characters: `*`, `?`, `[…]`. */
export const isGlob = (name: string): boolean => /[*?[]/.test(name);

/** The regular expression of a glob that a whole name must fit. */
export function globPattern(glob: string): string {
  let pattern = '';
  for (let at = 0; at < glob.length; at++) {
    const sign = glob[at] ?? '';
    const set = sign === '[' ? /^\[(!?)(\]?[^\]]*)\]/.exec(glob.slice(at)) : null;
    if (sign === '*') pattern += '.*';
    else if (sign === '?') pattern += '.';
    else if (set?.[2]) {
      pattern += `[${set[1] ? '^' : ''}${set[2].replace(/[\\\]^[]/g, '\\$&')}]`;
      at += set[0].length - 1;
    } else pattern += sign.replace(/[\\^$.|?*+()[\]{}/]/, '\\$&');
  }
  return `^${pattern}$`;
}
