import { GantryError } from '../../../base/index.ts';

/** Whatever reads a message and finds it wrong says so in the words that scripts know from Ganeti's programs. @throws HTOOLS_MESSAGE_INVALID */
export function inGanetisWords<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof GantryError) || error.code !== 'INPUT_INVALID') throw error;
    const { subject, field, problem } = error.facts as Readonly<Record<'subject' | 'field' | 'problem', string>>;
    throw new GantryError('HTOOLS_MESSAGE_INVALID', { place: subject, detail: problemOf(field, problem) }, { cause: error });
  }
}

/** The request is looked for first: without it the rest of the message means nothing. @throws HTOOLS_MESSAGE_INVALID */
export function requireRequest(value: unknown, place: string): asserts value is { request: object } {
  const fail = (detail: string): never => {
    throw new GantryError('HTOOLS_MESSAGE_INVALID', { place, detail });
  };
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return fail('Unable to read JSObject');
  if (!('request' in value)) return fail("key 'request' not found");
  if (typeof value.request !== 'object' || value.request === null) fail("key 'request': Unable to read JSObject");
}

function problemOf(field: string, problem: string): string {
  if (problem === 'is missing') return `key '${field}' not found`;
  return `key '${field}': ${problem === 'must be string' ? 'Unable to read String' : problem}`;
}
