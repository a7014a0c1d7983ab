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
<<<<<<< HEAD
  /** Adds what people want to see and the row does not have. */
  readonly complete?: (row: Row, client: ClusterClient) => Promise<Row>;
}

/** A command that shows all about the objects that are named. As JSON: a list, as the REST API tells it. */
export function defineInfoCommand({ topic, kind, details, complete = async (row) => row }: InfoDefinition): Command {
=======
  /** What the page of the object does not tell. */
  readonly more?: (client: ClusterClient, rows: readonly Row[]) => Promise<readonly Row[]>;
}

/** A command that shows all about the objects that are named. As JSON: a list, as the REST API tells it. */
export function defineInfoCommand({ topic, kind, details, more }: InfoDefinition): Command {
>>>>>>> 99b930e (Waiting jobs tell what they wait for, in lists, details and queries; locks show every waiter and holder)
  return {
    path: [topic, 'info'],
    summary: `Show all about ${kind}`,
    args: [{ name: topic, help: topic, complete: topic, variadic: true }],
    examples: [`gantry ${topic} info ${topic === 'job' ? '12' : `${topic}1`} --output json`],
    run: async ({ args, output, client }) => {
      const cluster = client();
      const pages = await rowsByName(cluster, kind, args);
      const rows = more ? await more(cluster, pages) : pages;
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
