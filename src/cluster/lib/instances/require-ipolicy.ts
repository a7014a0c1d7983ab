import { GantryError } from '../../../base/index.ts';
import type { IpolicyPartial, IspecPoint } from '../../../model/index.ts';

/**
 * A policy must allow at least one size of instances: no minimum above its maximum, and the standard size, where there is one,
 * within at least one pair.
 * @param subject name of the opcode
 * @throws INPUT_INVALID
 */
export function requireIpolicy({ minmax = [], std }: IpolicyPartial, subject: string): void {
  const invalid = (field: string, problem: string) => new GantryError('INPUT_INVALID', { subject, field, problem });
  for (const [index, { min, max }] of minmax.entries()) {
    const wrong = aboveIn(min, max);
    if (wrong) throw invalid(`ipolicy.minmax.${index}`, `the minimum ${min[wrong]} of ${wrong} is above the maximum ${max[wrong]}`);
  }
  if (!std || minmax.length === 0) return;
  const outside = minmax.map(({ min, max }) => aboveIn(min, std) ?? aboveIn(std, max));
  const [first] = outside;
  if (first !== undefined && !outside.includes(undefined))
    throw invalid('ipolicy.std', `${first} ${std[first]} is not within the bounds of the policy`);
}

/** A member that is larger in `low` than in `high`. */
const aboveIn = (low: IspecPoint, high: IspecPoint): keyof IspecPoint | undefined =>
  (Object.keys(low) as (keyof IspecPoint)[]).find((key) => low[key] > high[key]);
