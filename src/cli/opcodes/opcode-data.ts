import { readFileSync } from 'node:fs';
import type { OpcodeDefinition } from '../../model/index.ts';
import type { ValueSchema } from '../command/parse-values.ts';

/** What the command line needs of the definition of an opcode. */
export interface OpcodeData extends Pick<OpcodeDefinition, 'id' | 'summary' | 'dryRun'> {
  readonly cli: NonNullable<OpcodeDefinition['cli']>;
  /** Parameters that must be given. */
  readonly required: readonly string[];
  /** Schemas of the parameters that the command line names. */
  readonly fields: Readonly<Record<string, ValueSchema & { readonly enum?: readonly unknown[] }>>;
}

/** Made from the catalogue by "node tools/generate-docs.ts": the catalogue itself is schemas in several hundred modules. */
const file = new URL('opcode-commands.json', import.meta.url);

/** Every opcode that has a command. */
export const opcodeData = (): readonly OpcodeData[] => JSON.parse(readFileSync(file, 'utf8')) as OpcodeData[];

/** The same from the definition. */
export function dataOf({ id, summary, dryRun, cli, params, ownFields }: OpcodeDefinition): OpcodeData[] {
  if (!cli) return [];
  const named = [...(cli.args ?? []).map(({ param }) => param), ...Object.keys(cli.flags ?? {})];
  const fields = Object.fromEntries(named.map((param) => [param, ownFields[param] ?? {}]));
  return [{ id, summary, dryRun, cli, required: params.required ?? [], fields }];
}
