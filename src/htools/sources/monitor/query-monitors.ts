import { createHttpAgent } from '../http-agent.ts';
import { httpAsk } from '../http-ask.ts';
import { parseJson } from '../json-text.ts';
import { explainFailure } from './explain-failure.ts';
import { type MonitorAccess, requireSafe } from './monitor-access.ts';
import { type CollectorName, categories, isOurs, isReport, type MonitorReport, type MonitorReports } from './monitor-reports.ts';

/** Nodes asked at a time: one connection each. */
const atOnce = 500;

/** The largest report; that of thousands of instances takes a few MiB. */
const mostBytes = 16 * 1024 * 1024;

export interface MonitorAddress extends MonitorAccess {
  readonly port: number;
  /** How long to wait for each answer of a node, in seconds. */
  readonly seconds: number;
}

/**
 * Asks the monitoring agents of nodes, given by name with their address, for the reports of some collectors, many nodes at a time. A node that does
 * not answer in time, or not sensibly, has no report in the result; `warn` is told why, but not that an agent of Ganeti
 * lacks a collector of ours. A node that cannot be reached once is not asked for more.
 * @throws HTOOLS_MONITOR_UNTRUSTED when a token would travel in clear text
 */
export async function queryMonitors(
  nodes: ReadonlyMap<string, string>,
  names: readonly CollectorName[],
  address: MonitorAddress,
  warn: (message: string) => void,
): Promise<MonitorReports> {
  requireSafe([...nodes.values()], address);
  const reports = new Map<string, readonly MonitorReport[]>();
  const queue = [...nodes];
  const worker = async () => {
    for (let next = queue.shift(); next; next = queue.shift()) reports.set(next[0], await askNode(next, names, address, warn));
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, queue.length) }, worker));
  return reports;
}

async function askNode(
  [node, place]: readonly [name: string, address: string],
  names: readonly CollectorName[],
  { port, ...question }: MonitorAddress,
  warn: (message: string) => void,
): Promise<readonly MonitorReport[]> {
  const host = place.includes(':') ? `[${place}]` : place;
  const base = new URL(`${question.trusted ? 'https' : 'http'}://${host}:${port}/1/report/`);
  const reports: MonitorReport[] = [];
  const agent = createHttpAgent(base, { ...question, role: 'node' });
  try {
    for (const name of names) {
      const complain = (problem: string) => warn(`The monitor of node ${node} gives no ${name}: ${problem}`);
      const url = new URL(`${categories[name]}/${name}`, base);
      try {
        const { status, body } = await httpAsk(url, { ...question, mostBytes }, agent);
        if (status === 200) reports.push(parseReport(body, url));
        else if (status !== 404 || !isOurs(name)) complain(explainFailure(status, question));
        if (status === 401 || status === 403) break;
      } catch (error) {
        complain(error instanceof BadReport || reports.length > 0 ? (error as Error).message : explainFailure(error as Error, question));
        if (!(error instanceof BadReport)) break;
      }
    }
  } finally {
    agent.destroy();
  }
  return reports;
}

class BadReport extends Error {}

function parseReport(body: string, url: URL): MonitorReport {
  let report: unknown;
  try {
    report = parseJson(body, url.href);
  } catch (error) {
    throw new BadReport((error as Error).message, { cause: error });
  }
  if (!isReport(report)) throw new BadReport('the answer is not a report');
  return report;
}
