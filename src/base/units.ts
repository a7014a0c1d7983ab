import { GantryError } from './errors/gantry-error.ts';

const mebibytes: Record<string, number> = { m: 1, mib: 1, mb: 1, g: 1024, gib: 1024, gb: 1024, t: 1048576, tib: 1048576, tb: 1048576 };

/**
 * Reads a size as Ganeti's tools do: a number with an optional suffix m, g or t; without a suffix MiB.
 * The result is a whole number of MiB, rounded up.
 */
export function parseMebibytes(text: string, field = 'size'): number {
  const match = /^\s*(\d+(?:\.\d+)?)\s*([a-z]*)\s*$/i.exec(text);
  const factor = match ? mebibytes[(match[2] || 'm').toLowerCase()] : undefined;
  if (!match || factor === undefined) {
    throw new GantryError('INPUT_INVALID', { subject: 'command line', field, problem: `"${text}" is not a size such as 512M, 10G or 1T` });
  }
  return Math.ceil(Number(match[1]) * factor);
}

/** MiB for people: `512M`, `1.5G`, `2T`. */
export function formatMebibytes(mib: number): string {
  if (mib < 1024) return `${Math.round(mib)}M`;
  const [value, unit] = mib < 1048576 ? [mib / 1024, 'G'] : [mib / 1048576, 'T'];
  return `${Number(value.toFixed(1))}${unit}`;
}
