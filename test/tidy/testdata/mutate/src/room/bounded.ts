/** Whether a number lies in a range; the test beside it looks only at the lower end. */
export function isBounded(value: number): boolean {
  if (value < 10) return false;
  return value < 20;
}
