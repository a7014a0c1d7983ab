import { closestName, GantryError } from '../../base/index.ts';
import type { Field } from '../fields/field.ts';
import type { View } from '../view.ts';
import { FilterTime } from './filter-time.ts';
import { linearRegExp } from './linear-regexp.ts';
import { showJson as show } from './show-json.ts';

/** Whether an object passes. */
export type Predicate<Item> = (item: Item, view: View) => boolean;
type Value = string | number;
type Test = (actual: unknown, wanted: Value) => boolean;

const malformed = (problem: string) => new GantryError('API_QUERY_MALFORMED', { problem });
const failed = (problem: string, facts: { did_you_mean?: string } = {}) => new GantryError('API_QUERY_FAILED', { problem, ...facts });

/** Both texts or both numbers; anything else cannot be compared. */
function comparing(test: (left: Value, right: Value) => boolean): Test {
  return (actual, wanted) => {
    if (typeof actual !== typeof wanted)
      throw failed(`Invalid types in comparison, trying to compare ${show(actual)} with ${show(wanted)}`);
    return test(actual as Value, wanted);
  };
}

const equal = comparing((left, right) => left === right);
const comparisons: Record<string, Test> = {
  '=': equal,
  '==': equal,
  '<': comparing((left, right) => left < right),
  '<=': comparing((left, right) => left <= right),
  '>': comparing((left, right) => left > right),
  '>=': comparing((left, right) => left >= right),
  '=[]': (actual, wanted) => {
    if (!Array.isArray(actual)) throw failed(`Expected a list but got ${show(actual)}`);
    return actual.includes(wanted);
  },
};

/** A host name equals its first parts: web1 fits web1.example.com. */
const hostnameEqual: Test = (actual, wanted) => {
  if (typeof actual !== 'string' || typeof wanted !== 'string') return equal(actual, wanted);
  const [left, right] = [actual.toLowerCase(), wanted.toLowerCase()];
  return left === right || left.startsWith(`${right}.`);
};

const longestPattern = 1000;
const deepest = 50;

/** Where a condition stands. */
interface Surroundings<Item> {
  readonly fields: ReadonlyMap<string, Field<Item>>;
  readonly time: FilterTime;
  /** By field: its value of the object that was looked at last, since many conditions may be about one field. */
  readonly last: Map<Field<Item>, { readonly item: Item; readonly view: View; readonly value: unknown }>;
}

/**
 * Compiles a filter of Ganeti's query language: `["&", …]`, `["|", …]`, `["!", x]`, `["?", field]`, and
 * `[operator, field, value]` with = == != < <= > >= =~ =[]. Null passes everything. Where an object has no value for a
 * field, the condition holds, as in Ganeti. For one query: the time that it takes is limited from now on.
 * @throws API_QUERY_MALFORMED, API_QUERY_FAILED (also when the predicate runs)
 */
export function compileFilter<Item>(
  filter: unknown,
  fields: ReadonlyMap<string, Field<Item>>,
  time: FilterTime = new FilterTime(),
): Predicate<Item> {
  return compile(filter, { fields, time, last: new Map() }, 0);
}

function compile<Item>(filter: unknown, around: Surroundings<Item>, depth: number): Predicate<Item> {
  if (filter === null || filter === undefined) return () => true;
  if (!Array.isArray(filter) || typeof filter[0] !== 'string') {
    throw malformed(`Cannot deserialise filter: expected array [string, args], got ${show(filter)}`);
  }
  if (depth > deepest) throw malformed('The filter is nested too deeply');
  const [operator, ...args] = filter as [string, ...unknown[]];
  if (operator === '&' || operator === '|') {
    const parts = args.map((part) => compile(part, around, depth + 1));
    return operator === '&'
      ? (item, view) => parts.every((part) => part(item, view))
      : (item, view) => parts.some((part) => part(item, view));
  }
  if (operator === '!') {
    if (args.length !== 1) throw malformed(`Cannot deserialise field, expected [filter] but got ${show(args)}`);
    const part = compile(args[0], around, depth + 1);
    return (item, view) => !part(item, view);
  }
  if (operator === '?') {
    if (args.length !== 1) throw malformed(`Cannot deserialise field, expected [fieldname] but got ${show(args)}`);
    return onValue(around, fieldNamed(args[0], around), (actual) => {
      if (typeof actual !== 'boolean') throw failed(`Unexpected value '${show(actual)}' in boolean context`);
      return actual;
    });
  }
  return compileComparison(operator, args, around);
}

function compileComparison<Item>(operator: string, args: unknown[], around: Surroundings<Item>): Predicate<Item> {
  const known = Object.hasOwn(comparisons, operator) || operator === '!=' || operator === '=~';
  if (!known) throw malformed(`Unknown filter operand '${operator}'`);
  if (args.length !== 2) throw malformed(`Cannot deserialise field/value pair, expected [fieldname, value] but got ${show(args)}`);
  const found = fieldNamed(args[0], around);
  const wanted = args[1];
  if (operator === '=~') return onValue(around, found, matching(wanted));
  if (typeof wanted !== 'string' && !Number.isInteger(wanted)) {
    throw malformed(`Cannot deserialise filter value, expecting string or integer, got ${show(wanted)}`);
  }
  const equality = found.compare === 'hostname' ? hostnameEqual : equal;
  const isEquality = operator === '=' || operator === '==' || operator === '!=';
  const test = isEquality ? equality : (comparisons[operator] ?? equality);
  const holds = onValue(around, found, (actual) => test(actual, wanted as Value));
  return operator === '!=' ? (item, view) => !holds(item, view) : holds;
}

/** Matches a regular expression anywhere in a text. */
function matching(pattern: unknown): (actual: unknown) => boolean {
  if (typeof pattern !== 'string' || pattern.length > longestPattern) throw malformed(`Not a regular expression: ${show(pattern)}`);
  let expression: ReturnType<typeof linearRegExp>;
  try {
    expression = linearRegExp(pattern);
  } catch (error) {
    throw malformed(`Not a regular expression: ${error instanceof Error ? error.message : show(pattern)}`);
  }
  return (actual) => {
    if (typeof actual !== 'string') {
      throw failed(`Invalid field value used in regexp matching, expecting string but got '${show(actual)}'`);
    }
    return expression.test(actual);
  };
}

function fieldNamed<Item>(name: unknown, { fields }: Surroundings<Item>): Field<Item> {
  const found = typeof name === 'string' ? fields.get(name) : undefined;
  if (found) return found;
  const text = typeof name === 'string' ? name : show(name);
  const close = closestName(text, [...fields.keys()]);
  throw failed(`Can't find field named '${text}'`, close === undefined ? {} : { did_you_mean: close });
}

/** Runs a test on the value of a field; holds where there is no value. */
function onValue<Item>({ time, last }: Surroundings<Item>, field: Field<Item>, test: (actual: unknown) => boolean): Predicate<Item> {
  return (item, view) => {
    time.spend();
    let known = last.get(field);
    if (known?.item !== item || known.view !== view) {
      known = { item, view, value: field.get(item, view) };
      last.set(field, known);
    }
    const { value } = known;
    if (value === undefined || value === null || typeof value === 'symbol') return true;
    return test(field.compare === 'seconds' && Array.isArray(value) ? value[0] : value);
  };
}
