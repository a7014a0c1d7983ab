import { statfs } from 'node:fs/promises';
import type { Collector } from '../collector/collector.ts';

/** A mounted file system. */
interface Mount {
  readonly device: string;
  readonly mountPoint: string;
  readonly type: string;
  readonly readOnly: boolean;
}

/** Bytes and numbers of inodes; `hung` in place of them where the file system does not answer. */
type FileSystem = Mount &
  (
    | { readonly hung: true }
    | {
        readonly hung: false;
        readonly size: number;
        readonly free: number;
        /** What users other than root may still take. */
        readonly available: number;
        readonly inodes: number;
        readonly inodesFree: number;
      }
  );

/** Types that hold no files of anybody. */
const pseudo = new Set(
  (
    'autofs binfmt_misc bpf cgroup cgroup2 configfs debugfs devpts devtmpfs efivarfs fuse.gvfsd-fuse fuse.lxcfs fuse.portal fusectl ' +
    'hugetlbfs iso9660 mqueue nfsd nsfs overlay proc procfs pstore ramfs rpc_pipefs rootfs securityfs selinuxfs squashfs sysfs tracefs'
  ).split(' '),
);

/** Reads /proc/mounts: what has space to run out of, each device once (a bind mount is no other file system), the shortest path of it. */
export function parseMounts(text: string): Mount[] {
  const found = new Map<string, Mount>();
  for (const line of text.split('\n')) {
    const [device = '', mountPoint, type = '', options] = line.split(' ').map(unescape);
    if (mountPoint === undefined || options === undefined || pseudo.has(type)) continue;
    // Each tmpfs is another one, whatever stands for its device.
    const key = type === 'tmpfs' ? mountPoint : `${device} ${type}`;
    const known = found.get(key);
    if (known && known.mountPoint.length <= mountPoint.length) continue;
    found.set(key, { device, mountPoint, type, readOnly: options.split(',').includes('ro') });
  }
  return [...found.values()];
}

/** The kernel writes blanks, tabs, newlines and backslashes of names as `\040` and the like, in bytes. */
function unescape(word: string): string {
  const bytes = word.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
  return Buffer.from(bytes, 'latin1').toString();
}

/** A file system that has not answered by then (ms) hangs. */
const patience = 1000;

/** Asks one file system. A call that hangs keeps a thread of the pool, so one that has not come back is never asked again. */
async function measureMount(mount: Mount, hanging: Map<string, Promise<unknown>>): Promise<FileSystem | undefined> {
  const { mountPoint } = mount;
  if (hanging.has(mountPoint)) return { ...mount, hung: true };
  const answer = statfs(mountPoint).catch((error: NodeJS.ErrnoException) => {
    // Unmounted meanwhile, or not for this user.
    if (error.code === 'ENOENT' || error.code === 'EACCES') return undefined;
    return 'hung' as const;
  });
  hanging.set(mountPoint, answer);
  void answer.finally(() => hanging.delete(mountPoint));
  const timeout = Promise.withResolvers<'hung'>();
  const timer = setTimeout(() => timeout.resolve('hung'), patience);
  const stats = await Promise.race([answer, timeout.promise]);
  clearTimeout(timer);
  if (stats === undefined) return undefined;
  if (stats === 'hung') return { ...mount, hung: true };
  const { bsize, blocks, bfree, bavail, files: inodes, ffree } = stats;
  return { ...mount, hung: false, size: blocks * bsize, free: bfree * bsize, available: bavail * bsize, inodes, inodesFree: ffree };
}

const labels = ['mount', 'device', 'type'];

export const filesystems: Collector<FileSystem[]> = {
  name: 'filesystems',
  category: 'node',
  kind: 'performance',
  version: 'B',
  formatVersion: 1,
  help: 'Space and inodes of every mounted file system; one that does not answer is reported so and holds up nobody.',
  interval: 30,
  timeout: 5,
  longestInterval: 120,
  metrics: [
    { name: 'gantry_node_filesystem_size_bytes', type: 'gauge', unit: 'bytes', help: 'Size of a file system.', labels },
    { name: 'gantry_node_filesystem_available_bytes', type: 'gauge', unit: 'bytes', help: 'Space that is free for everybody.', labels },
    { name: 'gantry_node_filesystem_inodes', type: 'gauge', help: 'Inodes of a file system.', labels },
    { name: 'gantry_node_filesystem_inodes_free', type: 'gauge', help: 'Free inodes.', labels },
    { name: 'gantry_node_filesystem_readonly', type: 'gauge', help: 'Whether it is mounted read only.', labels },
    { name: 'gantry_node_filesystem_hung', type: 'gauge', help: 'Whether it does not answer.', labels },
  ],
  measure: (data, emit) => {
    for (const one of data) {
      const at = [one.mountPoint, one.device, one.type] as const;
      emit('gantry_node_filesystem_readonly', one.readOnly ? 1 : 0, ...at);
      emit('gantry_node_filesystem_hung', one.hung ? 1 : 0, ...at);
      if (one.hung) continue;
      emit('gantry_node_filesystem_size_bytes', one.size, ...at);
      emit('gantry_node_filesystem_available_bytes', one.available, ...at);
      emit('gantry_node_filesystem_inodes', one.inodes, ...at);
      emit('gantry_node_filesystem_inodes_free', one.inodesFree, ...at);
    }
  },
  start: ({ files }) => {
    const hanging = new Map<string, Promise<unknown>>();
    return async () => {
      const mounts = parseMounts(files.read('/proc/mounts'));
      const measured = await Promise.all(mounts.map((mount) => measureMount(mount, hanging)));
      return measured.filter((one) => one !== undefined);
    };
  },
};
