import type { Command, CompletionKind } from '../command/command.ts';
import { listedKinds } from '../command/suggest-names.ts';
import { type ClusterClient, namesInList } from '../connect/cluster-client.ts';
import { readContexts } from '../connect/contexts.ts';
import { exitCodes } from '../exit-codes.ts';
import { printLine } from '../output/print.ts';

/** A shell that waits for names feels broken after this. */
const limitMs = 2000;

export const command: Command = {
  path: ['__complete'],
  summary: 'Print names for the completion of a shell',
  args: [{ name: 'kind', help: 'kind of the names' }],
  run: async ({ args, client }) => {
    const kind = args[0] as CompletionKind;
    try {
      const names = kind === 'cluster' ? Object.keys(readContexts().clusters) : await namesOf(kind, client());
      if (names.length > 0) printLine(names.join('\n'));
      return exitCodes.ok;
    } catch {
      // Someone is typing: no message may appear in the middle of the line.
      return exitCodes.failed;
    }
  },
};

async function namesOf(kind: CompletionKind, { http }: ClusterClient): Promise<readonly string[]> {
  const get = (path: string) => http.request('GET', path, { timeoutMs: limitMs });
  const listed = listedKinds[kind];
  if (listed) return namesInList(await get(`/2/${listed}`));
  if (kind === 'os') return (await get('/2/os')) as string[];
  if (kind === 'disk-template') return ((await get('/2/info')) as { enabled_disk_templates: string[] }).enabled_disk_templates;
  return [];
}
