import { isIPv4 } from 'node:net';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { GantryError } from '../../base/index.ts';
import { processFlags, readCertificates, readSettings, readTokens } from '../../monitor/index.ts';
import { daemonOptions, type OptionTable, parseAddress } from './daemon-options.ts';
import type { MonitorSettings } from './monitor-process.ts';

const table = {
  listen: { help: 'address:port to answer at', default: '127.0.0.1:1815' },
  certificates: { help: 'serve with TLS: folder with node.key, node.crt, ca.crt and ca.crl, such as /var/lib/gantry/node' },
  'token-file': { help: 'file with tokens, one a line, of which readers must show one' },
  'run-dir': { help: 'sockets and run-time files of the node agent', default: '/run/gantry' },
  config: { help: 'file with what is set for collectors; read again when it changes, and on SIGHUP' },
  plugins: { help: 'folder with plugins', default: '/etc/gantry/monitor/plugins' },
  'plugin-settings': { help: 'the user of plugins, and what they are granted', default: '/etc/gantry/monitor/plugins.yaml' },
  insecure: { help: 'allow plain HTTP beyond loopback', flag: true },
} as const satisfies OptionTable;

/**
 * `gantry monitor`: the monitoring agent. It needs no cluster. What the command line asks for is tried out here; then this
 * process becomes the agent's, which has loaded nothing but the agent, with a heap that is kept small.
 */
export async function run(args: string[]): Promise<number> {
  const options = daemonOptions('monitor', table, args);
  if (!options) return 0;
  const { certificates, config, insecure, 'token-file': tokenFile } = options;
  const listen = parseAddress('monitor', '--listen', options.listen);
  if (certificates === undefined && !insecure && !isLoopback(listen.host)) {
    throw new GantryError('MONITOR_OPEN_TO_ALL', { address: options.listen });
  }
  if (certificates !== undefined)
    tryOut(() => readCertificates(certificates), 'MONITOR_CERTIFICATES_UNUSABLE', { directory: certificates });
  if (tokenFile !== undefined) tryOut(() => readTokens(tokenFile), 'MONITOR_TOKENS_UNUSABLE', { file: tokenFile });
  if (config !== undefined) tryOut(() => readSettings(config), 'MONITOR_CONFIG_UNUSABLE', { file: config });
  const settings: MonitorSettings = {
    listen,
    runDir: options['run-dir'],
    plugins: { directory: resolve(options.plugins), settings: resolve(options['plugin-settings']) },
    ...(config === undefined ? {} : { config: resolve(config) }),
    ...(certificates === undefined ? {} : { certificates }),
    ...(tokenFile === undefined ? {} : { tokenFile }),
  };
  become(settings);
  return 1;
}

const isLoopback = (host: string): boolean => host === 'localhost' || host === '::1' || (isIPv4(host) && host.startsWith('127.'));

function tryOut(
  work: () => unknown,
  code: 'MONITOR_CERTIFICATES_UNUSABLE' | 'MONITOR_CONFIG_UNUSABLE' | 'MONITOR_TOKENS_UNUSABLE',
  facts: Record<string, string>,
): void {
  try {
    work();
  } catch (error) {
    throw new GantryError(code, { ...facts, problem: error instanceof Error ? error.message : String(error) }, { cause: error });
  }
}

const agentProcess = fileURLToPath(new URL('./monitor-process.ts', import.meta.url));

/** Does not return: the agent's process is this one, with other flags. */
function become(settings: MonitorSettings): void {
  process.execve?.(process.execPath, [process.execPath, ...processFlags, agentProcess, JSON.stringify(settings), 'compile'], process.env);
}
