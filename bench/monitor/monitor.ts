import { tmpdir } from 'node:os';
import { parseArgs } from 'node:util';
import { benchMonitor, type MonitorBenchmark } from './measure-node.ts';

/**
 * The monitoring agent on a node with many instances, calm and while collectors hang: what it costs when nobody asks, and
 * how soon it answers when many do; beside a server that does nothing else than send, Debian's node exporter, and
 * Ganeti's agent, where these are installed.
 *
 *     gantry bench monitor [--small] [--instances N] [--seconds N] [--ask-seconds N] [--per-second N] [--mond FILE] [--output json]
 */
export const smallNode = { instances: 5, seconds: 0.5, askSeconds: 0.3, perSecond: 100 } as const;
const largeNode = { instances: 200, seconds: 120, askSeconds: 20, perSecond: 500 } as const;

export function formatTable({ instances, node, load, costs, answers, hash }: MonitorBenchmark): string {
  const row = (...cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const ratio = (value: number | undefined) => (value === undefined ? '' : ` (${value.toFixed(1)})`);
  return [
    `${instances} instances: ${node}; load ${load.toFixed(1)} at the start; hash \`${hash}\``,
    '',
    row('while it stands by', '% of a core', 'resident, MiB', 'at most, MiB'),
    '|---|---|---|---|',
    ...costs.map(({ who, cpuPercent, resident, peak }) => row(who, cpuPercent.toFixed(2), resident.toFixed(1), peak.toFixed(1))),
    '',
    row('asked', 'what', 'kB', 'answers a second', 'median, ms', 'p99, ms', 'longest, ms', 'processor, ms', 'asker late, ms', 'failed'),
    '|---|---|---|---|---|---|---|---|---|---|',
    ...answers.map((one) =>
      row(
        one.who,
        one.what,
        (one.bytes / 1000).toFixed(0),
        one.perSecond.toFixed(0),
        one.median.toFixed(2) + ratio(one.timesFloor?.median),
        one.p99.toFixed(2) + ratio(one.timesFloor?.p99),
        one.longest.toFixed(1),
        one.cpu.toFixed(2),
        Number.isNaN(one.behind) ? '' : one.behind.toFixed(1),
        String(one.failed),
      ),
    ),
    '',
    'In brackets: times the server that only sends. "(h2load)": asked by Debian\'s h2load in place of a process of Node.',
  ].join('\n');
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      small: { type: 'boolean' },
      instances: { type: 'string' },
      seconds: { type: 'string' },
      'ask-seconds': { type: 'string' },
      'per-second': { type: 'string' },
      mond: { type: 'string', default: 'ganeti-mond' },
      dir: { type: 'string', default: tmpdir() },
      output: { type: 'string', default: 'table' },
    },
  });
  const size = values.small ? smallNode : largeNode;
  const result = await benchMonitor({
    instances: Number(values.instances ?? size.instances),
    seconds: Number(values.seconds ?? size.seconds),
    askSeconds: Number(values['ask-seconds'] ?? size.askSeconds),
    perSecond: Number(values['per-second'] ?? size.perSecond),
    mond: values.mond,
    directory: values.dir,
  });
  console.log(values.output === 'json' ? JSON.stringify(result, undefined, 2) : formatTable(result));
}
