import { readFileSync } from 'node:fs';
import type { Collector } from '../collector/collector.ts';

/** Versions by component: `linux`, `os`, `gantry`, `node.js`, `microcode`, and the kernel modules that tell theirs. */
type Versions = { readonly [component: string]: string };

const { version: gantry } = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8')) as { version: string };

/** Modules whose version matters beside the kernel's. */
const modules = ['drbd', 'zfs', 'kvm', 'openvswitch', 'wireguard'];

/** `NAME VERSION` of /etc/os-release, quotes taken off. */
export function parseOsRelease(text: string | undefined): string | undefined {
  // Files are read as Latin-1.
  const utf8 = Buffer.from(text ?? '', 'latin1').toString();
  return /^PRETTY_NAME=(["']?)(.*)\1$/m.exec(utf8)?.[2]?.replace(/\\(.)/g, '$1') || undefined;
}

export const versions: Collector<Versions> = {
  name: 'versions',
  category: 'node',
  kind: 'performance',
  version: 'B',
  formatVersion: 1,
  help: 'Versions of Gantry, the kernel, its modules and the operating system.',
  interval: 300,
  timeout: 2,
  longestInterval: 3600,
  metrics: [{ name: 'gantry_node_version', type: 'info', help: 'Version of a component; always 1.', labels: ['component', 'version'] }],
  measure: (data, emit) => {
    for (const [component, version] of Object.entries(data)) emit('gantry_node_version', 1, component, version);
  },
  start:
    ({ files }) =>
    () => {
      const read = (path: string) => files.readIfThere(path)?.trim();
      const found: Record<string, string | undefined> = {
        gantry,
        'node.js': process.versions.node,
        linux: read('/proc/sys/kernel/osrelease'),
        os: parseOsRelease(files.readIfThere('/etc/os-release') ?? files.readIfThere('/usr/lib/os-release')),
        microcode: /^microcode\s*: (\S+)$/m.exec(files.readIfThere('/proc/cpuinfo') ?? '')?.[1],
        ...Object.fromEntries(modules.map((name) => [name, read(`/sys/module/${name}/version`)])),
      };
      return Object.fromEntries(Object.entries(found).filter((entry): entry is [string, string] => Boolean(entry[1])));
    },
};
