import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type LoadPlan, type LoadTimes, quantiles } from './load.ts';

/** Of as many connections, since those of h2load begin at the same moment, and would wait for each other. */
const connections = 2;

/** Debian's package nghttp2-client. */
export const hasH2load = (): boolean => spawnSync('h2load', ['--version']).error === undefined;

/**
 * As `askSteadily`, but by a program in C, which is not late itself. Each connection waits for its reply before it asks
 * again, so that one that is later than its next request is due (4 ms at 500 a second) holds that up without being counted.
 */
export async function askWithH2load({ port, path, headers, perSecond, seconds }: LoadPlan): Promise<LoadTimes> {
  const folder = mkdtempSync(join(tmpdir(), 'gantry-h2load-'));
  try {
    const log = join(folder, 'log');
    const given = Object.entries(headers).flatMap(([name, value]) => ['-H', `${name}: ${value}`]);
    const pace = ['-c', String(connections), '--rps', String(perSecond / connections), '-D', `${Math.round(seconds * 1000)}ms`];
    const args = ['--h1', '-t', '1', ...pace, '--log-file', log, ...given, `http://127.0.0.1:${port}${path}`];
    const child = spawn('h2load', args, { stdio: ['ignore', 'pipe', 'ignore'] });
    const said = (await child.stdout.toArray()).join('');
    if (child.exitCode === null) await once(child, 'exit');
    const rows = readFileSync(log, 'utf8').trim().split('\n');
    const good = rows.map((row) => row.split('\t')).filter(([, status]) => status === '200');
    const at = quantiles(good.map(([, , micros]) => Number(micros) / 1000));
    // "traffic: 12.34MB (12345678) total, 1.23KB (1234) headers (space savings 0.00%), 12.33MB (12344444) data"
    const data = Number(/\((\d+)\) data/.exec(said)?.[1]);
    return {
      bytes: data / good.length,
      answered: good.length,
      failed: rows.length - good.length,
      perSecond: good.length / seconds,
      median: at(0.5),
      p99: at(0.99),
      longest: at(1),
      behind: Number.NaN,
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
