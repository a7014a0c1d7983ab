import { readFileSync } from 'node:fs';
import { GantryError, type Json } from '../../base/index.ts';
import type { CliFlag } from '../../model/index.ts';
import { type OpcodeData, opcodeData } from '../opcodes/opcode-data.ts';
import { opcodeExtras } from '../opcodes/opcode-extras.ts';
import { type ArgSpec, type Command, defineOption, type Invocation, type OptionSpec } from './command.ts';
import { parseDisks, parseKeyValues, parseList, parseNics, parseScalar, type ValueSchema } from './parse-values.ts';
import { readKeyValues } from './read-key-values.ts';
import { confirmed, submissionOptions, submitAndFollow } from './submit.ts';

/** The commands that the opcode catalogue declares. */
export function opcodeCommands(): readonly Command[] {
  return opcodeData().map(opcodeCommand);
}

function opcodeCommand(definition: OpcodeData): Command {
  const { command, args = [], flags = {}, examples, confirm } = definition.cli;
  const extras = opcodeExtras[definition.id];
  const options: OptionSpec[] = [
    ...Object.entries(flags).map(([param, flag]) => flagOption(param, flag, schemaOf(definition, param))),
    ...(extras?.options ?? []),
    ...submissionOptions({ dryRun: definition.dryRun, confirm: confirm !== undefined, force: 'force' in flags }),
  ];
  return {
    path: command,
    summary: definition.summary,
    args: args.map(({ param, help, complete, variadic }): ArgSpec => {
      const optional = !definition.required.includes(param);
      return { name: param, help, ...(complete ? { complete } : {}), ...(variadic ? { variadic } : {}), ...(optional ? { optional } : {}) };
    }),
    options,
    ...(examples ? { examples } : {}),
    run: async (invocation) => {
      const params = paramsFrom(definition, invocation);
      const op = { OP_ID: definition.id, ...(extras?.adjust?.(params, invocation.options) ?? params) };
      if (confirm !== undefined) await confirmed(fillIn(confirm, op), invocation);
      return submitAndFollow(op, [...command, ...invocation.args.slice(0, 1)].join(' '), invocation);
    },
  };
}

function flagOption(param: string, flag: CliFlag, schema: ValueSchema): OptionSpec {
  const repeat = flag.parse !== undefined && flag.parse !== 'size' && flag.parse !== 'file';
  const choices = wordsOf(schema);
  return defineOption(flag.flags, flag.help, {
    key: param,
    ...(repeat ? { repeat } : {}),
    ...(flag.complete ? { complete: flag.complete } : {}),
    ...(choices.length > 0 && !flag.parse ? { choices } : {}),
  });
}

/** Every parameter that was given, parsed. @throws INPUT_INVALID */
function paramsFrom(definition: OpcodeData, { args, options }: Invocation): Record<string, Json> {
  const params: Record<string, Json> = {};
  for (const [index, spec] of (definition.cli.args ?? []).entries()) {
    const given = spec.variadic ? args.slice(index) : args[index];
    if (given !== undefined && given.length > 0) params[spec.param] = given as Json;
  }
  for (const [param, flag] of Object.entries(definition.cli.flags ?? {})) {
    const value = options.get(param);
    if (typeof value === 'boolean') params[param] = value;
    else if (value) params[param] = parseFlag(flag, value, schemaOf(definition, param), param);
  }
  return params;
}

function parseFlag(flag: CliFlag, texts: readonly string[], schema: ValueSchema, param: string): Json {
  switch (flag.parse) {
    case 'disks':
      return parseDisks(texts, schema, param);
    case 'nics':
      return parseNics(texts, schema, param);
    case 'keyValues':
      return Object.assign({}, ...texts.map((text) => parseKeyValues(text, schema, param)));
    case 'secretKeyValues':
      return Object.assign({}, ...texts.map((text) => readKeyValues(text, param)));
    case 'list':
      return texts.flatMap(parseList);
    case 'file':
      return readText(texts.at(-1) ?? '', param);
    case 'size':
      return parseScalar(texts.at(-1) ?? '', { type: 'integer', description: 'MiB' }, param);
    default:
      return parseScalar(texts.at(-1) ?? '', schema, param);
  }
}

/** The text of a file; that of no file, `none`, is empty. @throws INPUT_INVALID */
function readText(path: string, param: string): string {
  if (path === 'none') return '';
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    const problem = `${path} cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`;
    throw new GantryError('INPUT_INVALID', { subject: 'command line', field: param, problem }, { cause });
  }
}

function schemaOf(definition: OpcodeData, param: string): ValueSchema {
  return definition.fields[param] ?? {};
}

/** The words of an enumeration, also behind "or null". */
function wordsOf(schema: ValueSchema & { enum?: readonly unknown[] }): readonly string[] {
  if (schema.enum) return schema.enum.filter((word) => typeof word === 'string');
  return schema.anyOf?.flatMap(wordsOf) ?? [];
}

function fillIn(text: string, params: Readonly<Record<string, unknown>>): string {
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => (params[name] === undefined ? whole : String(params[name])));
}
