import { type ErrorDefinition, errorCatalogue } from '../../src/base/index.ts';

const whoActs = {
  user: 'the request has to change',
  operational: 'the world has to change',
  bug: 'a defect of Gantry',
} as const;

const head = `# Errors

Every error that Gantry reports has a stable code, says what happened, why, and what to do. Programs get the same as data
(\`--output json\`, the REST API) with the facts that are shown here as \`{name}\`. This page is generated from the catalogue in
\`src/base/errors/\` by \`node tools/generate-docs.ts\`; a test holds the two together.
`;

/** `docs/errors.md`: the whole catalogue, sorted by code. */
export function errorsPage(): string {
  const rows = Object.entries<ErrorDefinition>(errorCatalogue).sort(([a], [b]) => (a < b ? -1 : 1));
  return `${head}\n${rows.map(([code, definition]) => section(code, definition)).join('\n')}`;
}

function section(code: string, { kind, http, ganeti, what, why, todo }: ErrorDefinition): string {
  return `## ${code}

${escapeMarkdown(what)}

- **Why:** ${escapeMarkdown(why)}
- **What to do:** ${escapeMarkdown(todo)}
- **Kind:** ${kind} (${whoActs[kind]}); HTTP ${http}; Ganeti's class \`${ganeti}\`
`;
}

/** Texts are plain: nothing in them is markup. */
export function escapeMarkdown(text: string): string {
  return text.replace(/[\\`*_<>|[\]]/g, '\\$&').replaceAll('\n', ' ');
}
