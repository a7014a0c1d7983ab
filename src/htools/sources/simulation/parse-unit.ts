/** How many of 2^20 bytes a unit is, as a fraction in lowest terms. Letters alone tell binary from decimal by their case. */
const units: Readonly<Record<string, readonly [number, number]>> = {
  '': [1, 1],
  m: [1, 1],
  MIB: [1, 1],
  g: [1024, 1],
  GIB: [1024, 1],
  t: [1_048_576, 1],
  TIB: [1_048_576, 1],
  M: [15_625, 16_384],
  MB: [15_625, 16_384],
  G: [1_953_125, 2048],
  GB: [1_953_125, 2048],
  T: [244_140_625, 256],
  TB: [244_140_625, 256],
};

/**
 * A size with a unit as whole MiB, rounded down (source: htools(1), section Units).
 * @returns undefined when it is not a number from 0 on with a unit
 */
export function parseUnit(text: string): number | undefined {
  const match = /^(\d+) *([a-z]*)$/i.exec(text);
  const unit = match?.[2] ?? '';
  const factor = units[unit.length === 1 ? unit : unit.toUpperCase()];
  return match === null || factor === undefined ? undefined : Math.floor((Number(match[1]) * factor[0]) / factor[1]);
}
