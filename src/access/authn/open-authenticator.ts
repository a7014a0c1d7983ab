import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { type TObject, type TSchema, Type } from 'typebox';
import { closestName, GantryError } from '../../base/index.ts';
import { validate } from '../../model/index.ts';
import { internalScheme } from '../internal/internal-scheme.ts';
import { type Authenticator, type ChainLink, createChain } from './chain.ts';
import type { SchemeContext, SchemeDefinition } from './scheme.ts';
import { schemes } from './schemes.ts';

const Chain = Type.Object(
  { chain: Type.Array(Type.Object({ scheme: Type.String() }, { additionalProperties: true }), { minItems: 1, maxItems: 20 }) },
  { additionalProperties: false },
);

/** One scheme with its settings, as the settings file has it. */
export type ChainEntry = Readonly<Record<string, unknown>> & { readonly scheme: string };

/** How to find out who sends a request: which schemes, in which order, with which settings. */
export interface AuthenticationSettings {
  readonly chain: readonly ChainEntry[];
}

/** What holds without a settings file: HTTP Basic against Ganeti's users file. */
export const usersFileOnly = (path: string): AuthenticationSettings => ({ chain: [{ scheme: 'users-file', path }] });

/**
 * Reads the settings file; without one, `usersFileOnly` holds.
 * @throws AUTHENTICATION_SETTINGS_UNUSABLE
 */
export async function readAuthenticationSettings(path: string, usersFile: string): Promise<AuthenticationSettings> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return usersFileOnly(usersFile);
    throw unusable(path, error);
  }
  try {
    const { chain } = validate(Chain, JSON.parse(text), 'authentication');
    return { chain: chain.map((entry) => withPaths(definitionOf(entry.scheme, schemes).settings, entry, dirname(path))) };
  } catch (error) {
    throw unusable(path, error);
  }
}

/**
 * Opens the schemes of the settings.
 * @param known the schemes that there are
 * @throws INPUT_INVALID, and what a scheme throws
 */
export async function openAuthenticator(
  settings: AuthenticationSettings,
  context: SchemeContext,
  known: readonly SchemeDefinition[] = schemes,
): Promise<Authenticator> {
  const opening = settings.chain.map(({ scheme, ...own }) => {
    const definition = definitionOf(scheme, known);
    return { definition, own: validate(definition.settings, own, `scheme ${scheme}`) };
  });
  const links: ChainLink[] = [];
  try {
    for (const { definition, own } of opening) links.push({ name: definition.name, scheme: await definition.open(own, context) });
  } catch (error) {
    createChain(links, context.clock).close();
    throw error;
  }
  return createChain(links, context.clock);
}

function definitionOf(name: string, known: readonly SchemeDefinition[]): SchemeDefinition {
  const found = known.find((one) => one.name === name && name !== internalScheme);
  if (found) return found;
  const names = known.map((one) => one.name);
  const close = closestName(name, names);
  const problem = `"${name}" is not an authentication scheme${close ? `; did you mean ${close}?` : ''} Known: ${names.join(', ')}`;
  throw new GantryError('INPUT_INVALID', { subject: 'authentication', field: 'scheme', problem });
}

/** Paths in a settings file are relative to it. */
function withPaths({ properties }: TObject, entry: ChainEntry, folder: string): ChainEntry {
  const isPath = (name: string) => (properties[name] as (TSchema & { format?: string }) | undefined)?.format === 'path';
  const absolute = (name: string, value: unknown) => (isPath(name) && typeof value === 'string' ? resolve(folder, value) : value);
  return Object.fromEntries(Object.entries(entry).map(([name, value]) => [name, absolute(name, value)])) as ChainEntry;
}

function unusable(path: string, error: unknown): GantryError {
  const problem = error instanceof Error ? error.message : String(error);
  return new GantryError('AUTHENTICATION_SETTINGS_UNUSABLE', { path, problem }, { cause: error });
}
