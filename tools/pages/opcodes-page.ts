import type { TSchema } from 'typebox';
import { commonOpcodeFields, type OpcodeDefinition, opcodeCatalogue } from '../../src/model/index.ts';
import { escapeMarkdown } from './errors-page.ts';

const head = `# Opcodes

An opcode is an operation that changes the cluster; jobs are made of them. Names of opcodes and parameters are Ganeti's.
This page is generated from the catalogue in \`src/model/opcodes/\` by \`node tools/generate-docs.ts\`; REST, the command line,
locks and permissions come from the same definitions.
`;

/** `docs/opcodes.md`: parameters, command, REST binding and permission of each opcode. */
export function opcodesPage(): string {
  const sections = [...opcodeCatalogue.values()].sort((a, b) => (a.id < b.id ? -1 : 1)).map(section);
  const common = `## Parameters of every opcode\n\n${parameterTable(commonOpcodeFields)}`;
  return `${head}\n${common}\n${sections.join('\n')}`;
}

function section(opcode: OpcodeDefinition): string {
  const facts = [
    opcode.cli && `- **Command:** \`${usage(opcode)}\``,
    ...(opcode.rest ?? []).map(({ method, path }) => `- **REST:** \`${method} ${path}\``),
    `- **Permission:** \`${opcode.permission}\``,
    `- **Dry run:** ${opcode.dryRun ? 'yes' : 'no'}`,
    `- **Result:** ${typeOf(opcode.result)}`,
  ];
  return `## ${opcode.id}

${opcode.summary}.

${facts.filter(Boolean).join('\n')}

${parameterTable(opcode.ownFields)}`;
}

function usage({ cli }: OpcodeDefinition): string {
  const args = (cli?.args ?? []).map(({ param, variadic }) => `<${param}>${variadic ? '…' : ''}`);
  return ['gantry', ...(cli?.command ?? []), ...args, cli?.flags ? '[options]' : ''].filter(Boolean).join(' ');
}

function parameterTable(fields: Readonly<Record<string, TSchema>>): string {
  const rows = Object.entries(fields).map(([name, schema]) => {
    const { description = '', '~optional': optional } = schema as { description?: string; '~optional'?: boolean };
    return `| \`${name}\` | ${typeOf(schema)} | ${optional ? '' : 'yes'} | ${escapeMarkdown(description)} |`;
  });
  if (rows.length === 0) return 'No parameters of its own.\n';
  return `| parameter | type | required | |\n|---|---|---|---|\n${rows.join('\n')}\n`;
}

interface JsonSchema {
  readonly type?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly JsonSchema[];
  readonly items?: JsonSchema | readonly JsonSchema[];
  readonly description?: string;
}

/** A schema in a few words. */
function typeOf(schema: TSchema): string {
  return describe(schema as JsonSchema);
}

function describe(schema: JsonSchema): string {
  if (schema.const !== undefined) return `\`${JSON.stringify(schema.const)}\``;
  if (schema.enum) return schema.enum.map((value) => `\`${String(value)}\``).join(', ');
  if (schema.anyOf) return [...new Set(schema.anyOf.map(describe))].join(' or ');
  if (schema.type === 'array') {
    if (Array.isArray(schema.items)) return `(${(schema.items as JsonSchema[]).map(describe).join(', ')})`;
    return schema.items ? `list of ${describe(schema.items as JsonSchema)}` : 'list';
  }
  return schema.type ?? 'any value';
}
