import { GantryError } from '../../base/index.ts';

export type Body = Record<string, unknown>;

const isObject = (value: unknown): value is Body => typeof value === 'object' && value !== null && !Array.isArray(value);
const invalid = (problem: string) => new GantryError('API_REQUEST_INVALID', { problem });
const typeName = (value: unknown) => {
  if (value === null) return 'NoneType';
  if (Array.isArray(value)) return 'list';
  if (typeof value === 'number') return Number.isInteger(value) ? 'int' : 'float';
  return typeof value === 'string' ? 'str' : typeof value === 'boolean' ? 'bool' : 'dict';
};

/** The body as an object; an absent one is empty. @throws API_REQUEST_INVALID */
export function objectBody(body: unknown): Body {
  if (body === undefined || body === null) return {};
  if (!isObject(body)) throw invalid(`Body contents: Type is '${typeName(body)}', but 'dict' is expected`);
  return body;
}

/** A body that must say which version of its form it has, without the word that says so. @throws API_REQUEST_INVALID */
export function versionedBody(body: unknown, wanted: number): Body {
  if (!isObject(body)) throw invalid(`Body contents: Type is '${typeName(body)}', but 'dict' is expected`);
  const { __version__: version = 0, ...rest } = body;
  if (version === 0) throw invalid('Instance creation request version 0 is no longer supported');
  if (version !== wanted) throw invalid(`Unsupported request data version ${String(version)}`);
  return rest;
}
