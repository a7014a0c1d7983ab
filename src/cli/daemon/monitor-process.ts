import { writeSync } from 'node:fs';
import { flushCompileCache } from 'node:module';
import { fileURLToPath } from 'node:url';
import { loadMonitorWorker, readCertificates, readTokens, startMonitor, watchSettings } from '../../monitor/index.ts';
import { aborted, stopSignal } from './until-told-to-stop.ts';

/** What `gantry monitor` found out from its command line. */
export interface MonitorSettings {
  readonly listen: { readonly host: string; readonly port: number };
  /** Of the node agent. */
  readonly runDir: string;
  /** Folder; TLS is used when it is given. */
  readonly certificates?: string;
  readonly tokenFile?: string;
  /** File with what is set for collectors. */
  readonly config?: string;
  /** Of plugins: their folder, and the operator's file. */
  readonly plugins: { readonly directory: string; readonly settings: string };
}

/** How often certificates are read again, in milliseconds: the node agent renews them. */
const rereadEvery = 600_000;

/** As `createLog` writes them; the library behind that would be a tenth of this process. */
function log(level: 30 | 50, msg: string, facts: Record<string, unknown> = {}): void {
  try {
    writeSync(2, `${JSON.stringify({ level, time: Date.now(), pid: process.pid, name: 'monitor', ...facts, msg })}\n`);
  } catch {
    // A full disk, or a reader that has gone: the agent serves without its log.
    return;
  }
}

async function serve({ listen, runDir, certificates, tokenFile, config, plugins }: MonitorSettings): Promise<void> {
  process.title = 'gantry monitor';
  const stop = stopSignal();
  const monitor = await startMonitor({
    listen,
    runDir,
    plugins,
    ...(certificates === undefined ? {} : { tls: readCertificates(certificates) }),
    tokens: tokenFile === undefined ? [] : readTokens(tokenFile),
  });
  const settings =
    config === undefined
      ? undefined
      : watchSettings(config, monitor.scheduler.configure, ({ message }) =>
          log(50, 'what is set for collectors could not be read again; what was set before stays', { file: config, problem: message }),
        );
  // Without a file the signal changes nothing, and does not end the agent.
  process.on('SIGHUP', () => settings?.reload());
  log(30, 'monitor serves', { port: monitor.port });
  const rereading = setInterval(() => {
    if (certificates === undefined) return;
    try {
      monitor.useTls(readCertificates(certificates));
    } catch (error) {
      log(50, 'certificates could not be read again; the old ones stay in use', { err: String(error) });
    }
  }, rereadEvery);
  await aborted(stop);
  clearInterval(rereading);
  settings?.close();
  // A thread that hangs in the system would keep an orderly end waiting for as long.
  if (!(await monitor.close())) process.kill(process.pid, 'SIGKILL');
}

async function explain(error: unknown, { listen }: MonitorSettings): Promise<void> {
  const { GantryError } = await import('../../base/index.ts');
  const { exitCodeOf } = await import('../exit-codes.ts');
  const { printError } = await import('../output/print-error.ts');
  const { code = '', syscall = '' } = error as NodeJS.ErrnoException;
  const address = `${listen.host}:${listen.port}`;
  const known = /^(listen|bind|getaddrinfo)$/.test(syscall)
    ? new GantryError('MONITOR_LISTEN_FAILED', { address, problem: code }, { cause: error })
    : error;
  printError(known, 'table');
  process.exitCode = exitCodeOf(known);
}

/**
 * Has all that the agent loads compiled and kept, under the flags with which it runs, then begins anew without the
 * compiler in its memory. Does not return.
 */
async function compileFirst(script: string, settings: string): Promise<void> {
  await loadMonitorWorker();
  flushCompileCache();
  process.execve?.(process.execPath, [process.execPath, ...process.execArgv, script, settings], process.env);
}

const [, script = '', text = '{}', stage] = process.argv;
if (script === fileURLToPath(import.meta.url)) {
  if (stage === 'compile') await compileFirst(script, text);
  const settings = JSON.parse(text) as MonitorSettings;
  await serve(settings).catch((error: unknown) => explain(error, settings));
}
