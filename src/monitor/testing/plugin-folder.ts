import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Monitor, startMonitor } from '../start-monitor.ts';

/** A folder for plugins, whose programs the user of plugins may reach. */
export interface PluginFolderForTests {
  /** Also of files that plugins may need; there is a folder `plugins` in it. */
  readonly root: string;
  readonly directory: string;
  readonly settings: string;
  /** Writes a shell script that is executable, or another text. */
  script(name: string, body: string): void;
  write(name: string, text: string | Buffer): void;
  /** An agent without built-in collectors, and with these plugins. */
  start(rescan?: number): Promise<AgentForTests>;
  [Symbol.dispose](): void;
}

interface Told {
  readonly data: { readonly [key: string]: unknown; readonly status?: { code: number; message: string } };
  readonly trouble?: { readonly failure: string; readonly problem: string; readonly attempts: number };
}

export interface AgentForTests {
  readonly monitor: Monitor;
  /** Lines of its log: the message, then the facts. */
  readonly log: readonly (readonly [message: string, facts: string])[];
  get(path: string): Promise<string>;
  /** The report of a plugin as soon as it is as wanted. */
  until(path: string, wanted: (report: Told) => boolean): Promise<Told>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Not one of the temporary folders, of which each plugin has its own; and for root one that the user of plugins may reach. */
const usualPlace = process.getuid?.() === 0 ? '/var/lib' : join(import.meta.dirname, '../../../.cache');

export function createPluginFolder(place = usualPlace): PluginFolderForTests {
  const root = mkdtempSync(join(place, 'gantry-plugins-'));
  chmodSync(root, 0o755);
  const directory = join(root, 'plugins');
  const settings = join(root, 'plugins.yaml');
  mkdirSync(directory, { mode: 0o755 });
  const write = (name: string, text: string | Buffer) => writeFileSync(join(directory, name), text);
  return {
    root,
    directory,
    settings,
    write,
    script: (name, body) => {
      write(name, `#!/bin/sh\n${body}\n`);
      chmodSync(join(directory, name), 0o755);
    },
    start: async (rescan = 60_000) => startAgent({ directory, settings, rescan }),
    [Symbol.dispose]: () => rmSync(root, { recursive: true, force: true }),
  };
}

const noCollectors = 'data:text/javascript,export const collectorCatalogue = []';

async function startAgent(plugins: { directory: string; settings: string; rescan: number }): Promise<AgentForTests> {
  const log: [message: string, facts: string][] = [];
  const monitor = await startMonitor({
    log: (_level, message, facts) => log.push([message, JSON.stringify(facts)]),
    listen: { host: '127.0.0.1', port: 0 },
    plugins,
    collectors: { list: [], module: noCollectors },
  });
  const ask = (path: string) => fetch(`http://127.0.0.1:${monitor.port}${path}`);
  return {
    monitor,
    log,
    get: async (path) => (await ask(path)).text(),
    until: async (path, wanted) => {
      let last: unknown;
      for (let i = 0; i < 600; i++) {
        const response = await ask(path);
        last = response.status === 200 ? await response.json() : await response.text();
        if (response.status === 200 && wanted(last as Told)) return last as Told;
        await new Promise((resolve) => setTimeout(resolve, 25));
      }
      throw new Error(`not as wanted within 15 s: ${JSON.stringify(last)}`);
    },
    [Symbol.asyncDispose]: async () => void (await monitor.close()),
  };
}
