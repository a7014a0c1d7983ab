import { unwatchFile, watchFile } from 'node:fs';
import { flushCompileCache } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createLogSampler, createLogWriter, oneLine } from '../../base/index.ts';
import { openServiceNotifier } from '../../host/light.ts';
import {
  loadMonitorWorker,
  logLevels,
  type MonitorLog,
  readCertificates,
  readTokens,
  startMonitor,
  unknownCollectors,
  watchSettings,
} from '../../monitor/index.ts';
import { createLogProblemTeller } from './tell-log-problem.ts';
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
  /** Options and paths that the command line names, and that are not there. */
  readonly absent: readonly (readonly [option: string, path: string])[];
}

/** How often certificates are read again, in milliseconds: the node agent renews them. */
const rereadEvery = 600_000;

const writer = createLogWriter(2);
/** How often it is looked whether the log can be written, in milliseconds. */
const tellEvery = 5_000;
const sampler = createLogSampler();
/** How often what may be revoked is looked at, in milliseconds. */
const lookEvery = 400;

/** As `createLog` writes them; the library behind that would be a tenth of this process. */
const log: MonitorLog = (level, msg, facts = {}) => {
  const { write, leftOut } = sampler.take(msg);
  if (!write) return;
  const counted = leftOut === 0 ? {} : { left_out: leftOut };
  const line = { level: logLevels[level], time: Date.now(), pid: process.pid, name: 'monitor', ...facts, ...counted, msg };
  // Without room, or a reader, the agent serves without its log.
  writer.write(`${oneLine(JSON.stringify(line))}\n`);
};

async function serve({ listen, runDir, certificates, tokenFile, config, plugins, absent }: MonitorSettings): Promise<void> {
  process.title = 'gantry monitor';
  const stop = stopSignal();
  // Its end is under way then, and soon: what plugins leave is to be removed first.
  process.on('SIGTERM', () => undefined);
  for (const [option, path] of absent)
    log('warn', 'the file of this option does not exist yet; it is read when it appears', { option, path });
  const monitor = await startMonitor({
    listen,
    runDir,
    plugins,
    log,
    certificates,
    ...(certificates === undefined ? {} : { tls: readCertificates(certificates) }),
    tokens: tokenFile === undefined ? [] : readTokens(tokenFile),
  });
  const settings =
    config === undefined
      ? undefined
      : watchSettings(
          config,
          (set) => {
            monitor.scheduler.configure(set);
            void tellUnknown(config, unknownCollectors(set, plugins.directory));
          },
          ({ message }) =>
            log('error', 'the settings of collectors could not be read again; the old ones stay in use', {
              file: config,
              problem: message,
            }),
        );
  const { promise: left, resolve: leave } = Promise.withResolvers<'left'>();
  const rereadCertificates = () => {
    if (certificates === undefined) return;
    try {
      monitor.useTls(readCertificates(certificates));
    } catch (error) {
      const { code, path = '' } = error as NodeJS.ErrnoException;
      // They are replaced whole; that they are gone means that the host has been taken out of its cluster.
      if (code === 'ENOENT' && /node\.(crt|key)$/.test(path)) return leave('left');
      log('error', 'certificates could not be read again; the old ones stay in use', { problem: String(error) });
    }
  };
  const rereadTokens = () => {
    if (tokenFile === undefined) return;
    try {
      monitor.useTokens(readTokens(tokenFile));
    } catch (error) {
      log('error', 'tokens could not be read again; the old ones stay in use', { file: tokenFile, problem: String(error) });
    }
  };
  process.on('SIGHUP', () => {
    log('info', 'reads its files again');
    settings?.reload();
    rereadCertificates();
    rereadTokens();
  });
  log('info', 'monitor serves', { address: listen.host, port: monitor.port, tls: certificates !== undefined });
  const notifier = openServiceNotifier({
    // Collectors are watched where they run; here it matters that this loop turns.
    healthy: () => true,
    onProblem: (problem) => log('warn', 'the service manager was not told that the agent is well', { problem }),
  });
  notifier.ready(`serves on ${listen.host}:${monitor.port}`);
  const tellLogProblem = createLogProblemTeller(runDir);
  tellLogProblem(writer.problem());
  const telling = setInterval(() => tellLogProblem(writer.problem()), tellEvery);
  const rereading = setInterval(rereadCertificates, rereadEvery);
  const watched = certificates === undefined ? [] : ['ca.crl', 'node.crt'].map((name) => join(certificates, name));
  for (const file of watched) watchFile(file, { interval: lookEvery, persistent: false }, rereadCertificates);
  const why = await Promise.race([aborted(stop), left]);
  if (why === 'left')
    log('error', 'the certificate was removed, because this host no longer belongs to the cluster; the agent ends', { certificates });
  else log('info', 'told to end');
  notifier.stopping();
  for (const file of watched) unwatchFile(file, rereadCertificates);
  clearInterval(rereading);
  clearInterval(telling);
  // Nobody would take it away while the agent does not run.
  tellLogProblem(null);
  settings?.close();
  // A thread that hangs in the system would keep an orderly end waiting for as long.
  if (!(await monitor.close())) process.kill(process.pid, 'SIGKILL');
  // An end by itself gives signals back to the system first, and a second SIGTERM would then count as one that killed.
  process.exit(why === 'left' ? 1 : 0);
}

/** Of each name that nothing on this host has: it may be misspelt. */
async function tellUnknown(file: string, { names, known }: ReturnType<typeof unknownCollectors>): Promise<void> {
  if (names.length === 0) return;
  // Loaded only then: it is large.
  const { closestName } = await import('../../base/index.ts');
  for (const name of names)
    log('warn', 'the settings name a collector that neither the agent nor a plugin on this host provides', {
      file,
      collector: name,
      did_you_mean: closestName(name, known),
    });
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
