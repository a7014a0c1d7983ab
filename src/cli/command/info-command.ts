import type { ClusterClient, ListedKind, Row } from '../connect/cluster-client.ts';
import { exitCodes } from '../exit-codes.ts';
import { printJson, printLine } from '../output/print.ts';
import { type Details, printDetails } from '../output/print-details.ts';
import type { Command, CompletionKind } from './command.ts';
import { rowsByName } from './selected-rows.ts';

interface InfoDefinition {
  readonly topic: CompletionKind & ('instance' | 'node' | 'group' | 'network' | 'job');
  readonly kind: ListedKind;
  readonly details: (row: Row) => Details;
  /** Adds what people want to see and the row does not have. */
  readonly complete?: (row: Row, client: ClusterClient) => Promise<Row>;
}

/** A command that shows all about the objects that are named. As JSON: a list, as the REST API tells it. */
export function defineInfoCommand({ topic, kind, details, complete = async (row) => row }: InfoDefinition): Command {
  return {
    path: [topic, 'info'],
    summary: `Show all about ${kind}`,
    args: [{ name: topic, help: topic, complete: topic, variadic: true }],
    examples: [`gantry ${topic} info ${topic === 'job' ? '12' : `${topic}1`} --output json`],
    run: async ({ args, output, client }) => {
      const rows = await rowsByName(client(), kind, args);
      if (output === 'json') {
        printJson(rows);
        return exitCodes.ok;
      }
      for (const [index, row] of rows.entries()) {
        if (index > 0) printLine('');
        printDetails(details(await complete(row, client())));
      }
      return exitCodes.ok;
    },
  };
}
