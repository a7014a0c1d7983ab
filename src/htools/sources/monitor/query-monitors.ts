import { httpAsk } from '../http-ask.ts';
import { parseJson } from '../json-text.ts';
import { type CollectorName, collectors, isReport, type MonitorReport, type MonitorReports } from './monitor-reports.ts';

const atOnce = 100;

export interface MonitorAddress {
  readonly port: number;
  /** How long to wait for the answer of a node, in seconds. */
  readonly seconds: number;
}

/**
 * Asks the monitoring agents of the nodes for the reports of some collectors, many nodes at a time. A node that does
 * not answer in time, or not sensibly, has no report in the result; `warn` is told why, but not that an agent of Ganeti
 * lacks a collector of ours.
 */
export async function queryMonitors(
  nodes: readonly string[],
  names: readonly CollectorName[],
  { port, seconds }: MonitorAddress,
  warn: (message: string) => void,
): Promise<MonitorReports> {
  const reports = new Map<string, MonitorReport[]>(nodes.map((node) => [node, []]));
  const queue = nodes.flatMap((node) => names.map((name) => ({ node, name })));
  const worker = async () => {
    for (let next = queue.pop(); next; next = queue.pop()) {
      const { node, name } = next;
      try {
        const category = name === collectors.usage ? 'instance' : 'default';
        const report = await queryMonitor(new URL(`http://${node}:${port}/1/report/${category}/${name}`), seconds);
        if (report) reports.get(node)?.push(report);
        else if (name !== collectors.usage) warn(`The monitor of node ${node} gives no ${name}: status 404`);
      } catch (error) {
        warn(`The monitor of node ${node} gives no ${name}: ${(error as Error).message}`);
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, queue.length) }, worker));
  return reports;
}

/** Undefined when the agent has no such collector. */
async function queryMonitor(url: URL, seconds: number): Promise<MonitorReport | undefined> {
  const { status, body } = await httpAsk(url, { seconds });
  if (status === 404) return undefined;
  if (status !== 200) throw new Error(`status ${status}`);
  const report = parseJson(body, url.href);
  if (!isReport(report)) throw new Error('the answer is no report');
  return report;
}
