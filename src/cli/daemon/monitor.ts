import { existsSync } from 'node:fs';
import { isIPv4 } from 'node:net';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { GantryError } from '../../base/index.ts';
import { checkPluginSettings, processFlags, readCertificates, readSettings, readTokens } from '../../monitor/index.ts';
import { type DaemonOptions, daemonOptions, type HostCommand, optionsFileOption, parseAddress } from './daemon-options.ts';
import type { MonitorSettings } from './monitor-process.ts';
import type { OptionTable } from './option-table.ts';

export const hostCommand = {
  name: 'monitor',
  summary: 'Runs the monitoring agent of this host, with or without a cluster',
  details: `
On loopback it answers everybody. On other addresses it requires TLS, and a certificate
of the cluster or a token from each client. On SIGHUP it reads its files again. Its log
goes to standard error. See docs/monitoring.md.`,
  options: {
    'options-file': optionsFileOption,
    listen: { value: 'ADDRESS:PORT', help: 'address:port to listen on', default: '127.0.0.1:1815' },
    certificates: {
      value: 'FOLDER',
      help: 'serve with TLS: folder with node.key and node.crt, and with ca.crt and ca.crl to check client certificates, such as /var/lib/gantry/node',
    },
    'token-file': { value: 'FILE', help: 'file with tokens, one per line; readers must send one of them' },
    'run-dir': { value: 'FOLDER', help: 'sockets and run-time files of the node agent', default: '/run/gantry' },
    config: { value: 'FILE', help: 'file with the settings of collectors; read again when it changes, and on SIGHUP' },
    plugins: { value: 'FOLDER', help: 'folder with plugins', default: '/etc/gantry/monitor/plugins' },
    'plugin-settings': {
      value: 'FILE',
      help: 'file with the user of plugins and the rights that they get',
      default: '/etc/gantry/monitor/plugins.yaml',
    },
    insecure: { help: 'allow plain HTTP on other addresses than loopback', flag: true },
  },
  examples: [
    'gantry monitor',
    'gantry monitor --listen 0.0.0.0:1815 --certificates /var/lib/gantry/node --token-file /etc/gantry/monitor/tokens',
    'curl localhost:1815/metrics',
  ],
} as const satisfies HostCommand;

/**
 * `gantry monitor`: the monitoring agent. It needs no cluster. What the command line asks for is tried out here; then this
 * process becomes the agent's, which has loaded nothing but the agent, with a heap that is kept small.
 */
export async function run(args: string[]): Promise<number> {
  const options = daemonOptions(hostCommand, args);
  if (!options) return 0;
  const { certificates, config, insecure, 'token-file': tokenFile } = options;
  const listen = parseAddress('monitor', '--listen', options.listen);
  if (certificates === undefined && !insecure && !isLoopback(listen.host)) {
    throw new GantryError('MONITOR_OPEN_TO_ALL', { address: options.listen });
  }
  if (certificates !== undefined)
    tryOut(() => checkCertificates(certificates, tokenFile), 'MONITOR_CERTIFICATES_UNUSABLE', { directory: certificates });
  if (tokenFile !== undefined) tryOut(() => readTokens(tokenFile), 'MONITOR_TOKENS_UNUSABLE', { file: tokenFile });
  await checkPluginSettings(options['plugin-settings']);
  if (config !== undefined) tryOut(() => readSettings(config), 'MONITOR_CONFIG_UNUSABLE', { file: config });
  const settings: MonitorSettings = {
    listen,
    runDir: options['run-dir'],
    plugins: { directory: resolve(options.plugins), settings: resolve(options['plugin-settings']) },
    ...(config === undefined ? {} : { config: resolve(config) }),
    ...(certificates === undefined ? {} : { certificates: resolve(certificates) }),
    ...(tokenFile === undefined ? {} : { tokenFile }),
    absent: absentPaths(options),
  };
  become(settings);
  return 1;
}

const isLoopback = (host: string): boolean => host === 'localhost' || host === '::1' || (isIPv4(host) && host.startsWith('127.'));

function checkCertificates(folder: string, tokenFile: string | undefined): void {
  if (readCertificates(folder).ca === undefined && tokenFile === undefined)
    throw new Error('there is neither ca.crt to check client certificates, nor --token-file');
}

/** They may come later, as what the node agent writes does; but who misspelt one should hear of it. */
function absentPaths(options: DaemonOptions<typeof hostCommand>): [option: string, path: string][] {
  return (['config', 'run-dir', 'plugins', 'plugin-settings'] as const).flatMap((name) => {
    const path = options[name];
    const spec: OptionTable[string] = hostCommand.options[name];
    return path === undefined || path === spec.default || existsSync(path) ? [] : [[`--${name}`, path]];
  });
}

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
