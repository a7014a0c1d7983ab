import { GantryError } from '../../base/index.ts';
import type { ClusterClient, Row } from '../connect/cluster-client.ts';
import { exitCodes } from '../exit-codes.ts';
import type { SizeUnit } from '../output/format-values.ts';
import { formatPlain } from '../output/format-values.ts';
import { fieldValue, type ListField, openField } from '../output/list-fields.ts';
import { paint, printJson, printLine, printNote } from '../output/print.ts';
import { renderTable } from '../output/table.ts';
import { type ArgSpec, type Command, defineOption, type Invocation, type OptionSpec, textOption } from './command.ts';
import { sortRows } from './sort-rows.ts';
import { suggestionHint } from './suggest.ts';

interface ListDefinition {
  readonly path: readonly string[];
  readonly summary: string;
  /** Plural, as in error texts. */
  readonly kind: string;
  readonly fields: readonly ListField[];
  readonly defaults: readonly string[];
  readonly args?: readonly ArgSpec[];
  readonly options?: readonly OptionSpec[];
  readonly examples?: readonly string[];
  /** The rows, those that arguments and own options leave. */
  load(client: ClusterClient, invocation: Invocation, fields: readonly string[]): Promise<readonly Row[]>;
}

const listOptions = [
  defineOption('-F, --filter <filter>', 'only matching objects, such as \'status == "running" and "prod" in tags\''),
  defineOption('--sort <fields>', 'order by these fields, separated by commas; "-oper_ram" puts the largest first'),
  defineOption('-o, --fields <fields>', 'columns, separated by commas; a leading "+" adds to the default ones'),
  defineOption('--no-headers', 'print no heading', { key: 'headers' }),
  defineOption('--separator <text>', 'join the columns with this instead of aligning them'),
  defineOption('--units <unit>', 'sizes for people (h) or as a number of m, g or t', { choices: ['h', 'm', 'g', 't'] }),
];

/** A command that shows objects as a table, or as JSON with every field. */
export function defineListCommand(definition: ListDefinition): Command {
  const { path, summary, fields, defaults, args = [], options = [], examples = [] } = definition;
  return {
    path,
    summary,
    details: [
      'Names may be globs such as "web*" (in quotes, so that the shell does not expand them), or one filter.',
      `Fields: ${fields.map(({ name }) => name).join(', ')}; default: ${defaults.join(',')}.`,
    ].join('\n'),
    args,
    options: [...options, ...listOptions],
    examples,
    run: async (invocation) => {
      const names = chosenFields(textOption(invocation.options, 'fields'), defaults);
      const order = (textOption(invocation.options, 'sort') ?? '').split(',').filter(Boolean);
      const sorting = order.map((name) => name.replace(/^[+-]/, ''));
      const loaded = await definition.load(invocation.client(), invocation, [...names, ...sorting]);
      const chosen = names.map((name) => findField(definition, name, loaded));
      const keys = order.map((name, index) => ({
        field: findField(definition, sorting[index] ?? '', loaded),
        descending: name.startsWith('-'),
      }));
      const rows = sortRows(loaded, keys);
      if (invocation.output === 'json') printRowsAsJson(rows, invocation.options.has('fields') ? chosen : undefined);
      else printRows(definition.kind, rows, chosen, invocation);
      return exitCodes.ok;
    },
  };
}

/** `name,status` are just these; `+pnode` or `name,+pnode` adds to what stands before it. */
function chosenFields(text: string | undefined, defaults: readonly string[]): readonly string[] {
  if (text === undefined) return defaults;
  const words = text.split(',').filter(Boolean);
  const named = words.map((word) => word.replace(/^\+/, ''));
  return words[0]?.startsWith('+') ? [...defaults, ...named] : named;
}

function findField(definition: ListDefinition, name: string, rows: readonly Row[]): ListField {
  const field = definition.fields.find((candidate) => candidate.name === name) ?? openField(name, rows);
  if (field) return field;
  const known = definition.fields.map((candidate) => candidate.name);
  // Headings are what people see.
  const titled = definition.fields.find(({ title }) => title.toLowerCase() === name.toLowerCase());
  const hint = titled ? ` Did you mean "${titled.name}"?` : suggestionHint(name, known);
  const facts = { field: name, kind: definition.kind, known: known.join(', '), hint };
  throw new GantryError('CLI_FIELD_UNKNOWN', facts);
}

function printRowsAsJson(rows: readonly Row[], fields: readonly ListField[] | undefined): void {
  if (!fields) return printJson(rows);
  printJson(rows.map((row) => Object.fromEntries(fields.map((field) => [field.name, fieldValue(field, row) ?? null]))));
}

function printRows(kind: string, rows: readonly Row[], fields: readonly ListField[], { options }: Invocation): void {
  const separator = textOption(options, 'separator');
  const unit = (textOption(options, 'units') ?? (separator === undefined ? 'h' : 'm')) as SizeUnit;
  const cells = rows.map((row) => fields.map((field) => (field.format ?? formatPlain)(fieldValue(field, row), unit, row)));
  const lines = renderTable(fields, cells, {
    headers: options.get('headers') !== false,
    ...(separator === undefined ? {} : { separator }),
    paintTitle: (title) => paint('bold', title),
  });
  for (const line of lines) printLine(line);
  if (rows.length === 0 && process.stdout.isTTY) printNote(`No ${kind} to show.`);
}
