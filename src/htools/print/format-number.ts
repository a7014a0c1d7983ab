/** The digits of a number, d1 d2 d3 … with value 0.d1d2d3… × 10^exponent: the fewest that tell it from all others. */
interface Decimal {
  readonly digits: readonly number[];
  readonly exponent: number;
}

function decimalOf(value: number): Decimal {
  if (value === 0) return { digits: [0], exponent: 0 };
  const [mantissa = '', exponent = '0'] = value.toExponential().split('e');
  return { digits: Array.from(mantissa.replace('.', ''), Number), exponent: Number(exponent) + 1 };
}

/** Rounds to so many digits, the half to even; one digit more in front when it carries over. */
function roundTo(digits: readonly number[], count: number): number[] {
  const kept = Array.from({ length: count }, (_, k) => digits[k] ?? 0);
  const [next = 0, ...rest] = digits.slice(count);
  const before = count === 0 ? 0 : (kept[count - 1] as number);
  const half = next === 5 && rest.every((digit) => digit === 0);
  let carry = next > 5 || (next === 5 && !(half && before % 2 === 0)) ? 1 : 0;
  for (let k = count - 1; k >= 0 && carry === 1; k--) {
    const sum = (kept[k] as number) + 1;
    kept[k] = sum % 10;
    carry = sum === 10 ? 1 : 0;
  }
  return carry === 1 ? [1, ...kept] : kept;
}

function special(value: number): string | undefined {
  if (Number.isNaN(value)) return 'NaN';
  return Number.isFinite(value) ? undefined : `${value < 0 ? '-' : ''}Infinity`;
}

/**
 * `%.Nf` as Ganeti's language prints it: it rounds the shortest decimal form of the number, and the half to even, where C
 * rounds the binary value.
 */
export function formatFixed(value: number, places: number): string {
  const other = special(value);
  if (other !== undefined) return other;
  const sign = value < 0 || Object.is(value, -0) ? '-' : '';
  const { digits, exponent } = decimalOf(Math.abs(value));
  const padded = exponent < 0 ? [...Array<number>(-exponent).fill(0), ...digits] : digits;
  const whole = Math.max(exponent, 0);
  const rounded = roundTo(padded, whole + places);
  const split = rounded.length - places;
  const left = rounded.slice(0, split).join('') || '0';
  return `${sign}${left}${places > 0 ? `.${rounded.slice(split).join('')}` : ''}`;
}

/** `%.Ng`, likewise: with decimals from 0.1 to ten million, else with an exponent, and the zeros at the end kept. */
export function formatGeneral(value: number, places: number): string {
  const magnitude = Math.abs(value);
  if (special(value) !== undefined || magnitude === 0 || (magnitude >= 0.1 && magnitude < 1e7)) return formatFixed(value, places);
  const { digits, exponent } = decimalOf(magnitude);
  const rounded = roundTo(digits, places + 1);
  const carried = rounded.length > places + 1;
  const [first, ...rest] = carried ? rounded.slice(0, -1) : rounded;
  return `${value < 0 ? '-' : ''}${first}.${rest.join('')}e${exponent - 1 + Number(carried)}`;
}

/** A number in full, as the language shows it: `4.0`, `1.0e-2`. */
export function showReal(value: number): string {
  const other = special(value);
  if (other !== undefined) return other;
  const sign = value < 0 || Object.is(value, -0) ? '-' : '';
  const magnitude = Math.abs(value);
  const { digits, exponent } = decimalOf(magnitude);
  if (magnitude === 0 || (magnitude >= 0.1 && magnitude < 1e7)) {
    const left = Array.from({ length: Math.max(exponent, 0) }, (_, k) => digits[k] ?? 0).join('') || '0';
    return `${sign}${left}.${digits.slice(Math.max(exponent, 0)).join('') || '0'}`;
  }
  return `${sign}${digits[0]}.${digits.slice(1).join('') || '0'}e${exponent - 1}`;
}
