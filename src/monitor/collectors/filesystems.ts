import type { StatsFs } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { parseMountTable } from '../../host/light.ts';
import type { Collector } from '../collector/collector.ts';

/** A mounted file system. */
interface Mount {
  readonly device: string;
  readonly mountPoint: string;
  readonly type: string;
  readonly readOnly: boolean;
}

/** Bytes and numbers of inodes; `hung` in place of them where the file system does not answer, and `problem` where it fails or was not asked. */
type FileSystem = Mount &
  (
    | { readonly hung: true }
    | { readonly hung: false; readonly problem: string; readonly asked: boolean }
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

/** Types without files of users. */
const pseudo = new Set(
  (
    'autofs binfmt_misc bpf cgroup cgroup2 configfs debugfs devpts devtmpfs efivarfs fuse.gvfsd-fuse fuse.lxcfs fuse.portal fusectl ' +
    'hugetlbfs iso9660 mqueue nfsd nsfs proc procfs pstore ramfs rpc_pipefs rootfs securityfs selinuxfs squashfs sysfs tracefs'
  ).split(' '),
);

/** Folders in which container engines mount file systems, under names that are never used again. */
const ofContainers = /^\/(?:var\/lib\/(?:docker|containers|containerd|kubelet)|run\/(?:docker|containers|containerd|credentials))\//;

/** Reads /proc/mounts: what has space to run out of, each device once (a bind mount is no other file system), the shortest path of it. */
export function parseMounts(text: string): Mount[] {
  const found = new Map<string, Mount>();
  for (const { device, mountPoint, type, options } of parseMountTable(text)) {
    if (pseudo.has(type)) continue;
    // Those of containers lie on file systems of the host; the root of a live system or appliance is one too.
    if (type === 'overlay' && mountPoint !== '/') continue;
    // They come and go with containers, whose memory they are.
    if (type === 'tmpfs' && ofContainers.test(mountPoint)) continue;
    // Each tmpfs is another one, whatever stands for its device.
    const key = type === 'tmpfs' ? mountPoint : `${device} ${type}`;
    const known = found.get(key);
    if (known && known.mountPoint.length <= mountPoint.length) continue;
    found.set(key, { device, mountPoint, type, readOnly: options.includes('ro') });
  }
  return [...found.values()];
}

/** A file system that has not answered by then (ms) hangs. */
const longestWait = 1000;

/** After this time (ms) no further file system is asked, so that the report is ready in time. */
const asksFor = 2500;

/** Types whose files are on another host, and which hang when that host is unreachable. */
const isRemote = ({ type }: Mount): boolean =>
  /^(?:nfs4?|cifs|smb3?|smbfs|ceph|lustre|afs|9p|glusterfs|gfs2|ocfs2|orangefs|beegfs|fuse\..*)$/.test(type);

/** A call that hangs keeps one of the four threads that all of Node has for files: so many of them may wait for each kind. */
const threads = { remote: 2, local: 1 };

type Ask = (path: string) => Promise<Pick<StatsFs, 'bsize' | 'blocks' | 'bfree' | 'bavail' | 'files' | 'ffree'>>;

/** Mount points that are being asked, and whether they are remote: one that has not answered is not asked again. */
const makeAsked = () => new Map<string, boolean>();

interface Asking {
  readonly ask: Ask;
  readonly patience: number;
  readonly asked: Map<string, boolean>;
  readonly now: () => number;
}

/** `undefined` of one that was unmounted meanwhile, or is not for this user. */
async function measureMount(mount: Mount, { ask, patience, asked }: Asking): Promise<FileSystem | undefined> {
  const { mountPoint } = mount;
  asked.set(mountPoint, isRemote(mount));
  const answer = ask(mountPoint)
    .catch((error: NodeJS.ErrnoException) => error)
    .finally(() => asked.delete(mountPoint));
  const timeout = Promise.withResolvers<undefined>();
  const timer = setTimeout(() => timeout.resolve(undefined), patience);
  const stats = await Promise.race([answer, timeout.promise]);
  clearTimeout(timer);
  if (stats === undefined) return { ...mount, hung: true };
  if (stats instanceof Error) {
    if (stats.code === 'ENOENT' || stats.code === 'EACCES') return undefined;
    return { ...mount, hung: false, problem: stats.message, asked: true };
  }
  const { bsize, blocks, bfree, bavail, files: inodes, ffree } = stats;
  return { ...mount, hung: false, size: blocks * bsize, free: bfree * bsize, available: bavail * bsize, inodes, inodesFree: ffree };
}

/** Asks those of one kind. Each that hangs takes a thread away; without any the others are not asked. */
async function measureKind(mounts: readonly Mount[], remote: boolean, asking: Asking): Promise<ReadonlyMap<Mount, FileSystem | undefined>> {
  const { asked, now } = asking;
  const begun = now();
  const found = new Map<Mount, FileSystem | undefined>();
  const mine = mounts.filter((mount) => isRemote(mount) === remote);
  for (const mount of mine) if (asked.has(mount.mountPoint)) found.set(mount, { ...mount, hung: true });
  const queue = mine.filter((mount) => !found.has(mount)).values();
  const worker = async () => {
    for (const mount of queue) {
      const told = await measureMount(mount, asking);
      found.set(mount, told);
      if (told?.hung || now() - begun > asksFor) return;
    }
  };
  const taken = [...asked.values()].filter((one) => one === remote).length;
  const free = threads[remote ? 'remote' : 'local'] - taken;
  await Promise.all(Array.from({ length: Math.max(0, free) }, worker));
  const slow = [...asked].flatMap(([path, one]) => (one === remote ? path : []));
  const problem =
    slow.length === 0 ? 'not queried, because others are slow' : `not queried, because others do not answer: ${slow.join(', ')}`;
  for (const mount of mine) if (!found.has(mount)) found.set(mount, { ...mount, hung: false, problem, asked: false });
  return found;
}

const percent = (part: number, whole: number): number => Math.round((part / whole) * 100);

const labels = ['mount', 'device', 'type'];

/** @param patience - milliseconds after which one hangs */
export const createFilesystems = (ask: Ask, patience = longestWait): Collector<FileSystem[]> => ({
  name: 'filesystems',
  category: 'node',
  kind: 'performance',
  version: 'B',
  formatVersion: 1,
  help: 'Space and inodes of every mounted file system. One that does not answer is reported as such and does not delay the others.',
  interval: 30,
  timeout: 5,
  longestInterval: 120,
  metrics: [
    { name: 'gantry_node_filesystem_size_bytes', type: 'gauge', unit: 'bytes', help: 'Size of a file system.', labels },
    {
      name: 'gantry_node_filesystem_available_bytes',
      type: 'gauge',
      unit: 'bytes',
      help: 'Space that unprivileged users can use.',
      labels,
    },
    { name: 'gantry_node_filesystem_inodes', type: 'gauge', help: 'Inodes of a file system.', labels },
    { name: 'gantry_node_filesystem_inodes_free', type: 'gauge', help: 'Free inodes.', labels },
    { name: 'gantry_node_filesystem_readonly', type: 'gauge', help: 'Whether it is mounted read-only.', labels },
    { name: 'gantry_node_filesystem_hung', type: 'gauge', help: 'Whether it does not answer.', labels },
    { name: 'gantry_node_filesystem_failed', type: 'gauge', help: 'Whether the system call returns an error.', labels },
  ],
  // Some file is always being written.
  essence: (data) =>
    data.map((one) => {
      if (!('size' in one)) return one;
      const { free, available, inodesFree, ...lasting } = one;
      return [lasting, percent(free, one.size), percent(available, one.size), percent(inodesFree, one.inodes)];
    }),
  measure: (data, emit) => {
    for (const one of data) {
      const at = [one.mountPoint, one.device, one.type] as const;
      emit('gantry_node_filesystem_readonly', one.readOnly ? 1 : 0, ...at);
      if ('asked' in one && !one.asked) continue;
      emit('gantry_node_filesystem_hung', one.hung ? 1 : 0, ...at);
      if (one.hung) continue;
      emit('gantry_node_filesystem_failed', 'problem' in one ? 1 : 0, ...at);
      if ('problem' in one) continue;
      emit('gantry_node_filesystem_size_bytes', one.size, ...at);
      emit('gantry_node_filesystem_available_bytes', one.available, ...at);
      emit('gantry_node_filesystem_inodes', one.inodes, ...at);
      emit('gantry_node_filesystem_inodes_free', one.inodesFree, ...at);
    }
  },
  start: ({ files, now, kept }) => {
    const asking = { ask, patience, now, asked: kept(makeAsked) };
    return async () => {
      const mounts = parseMounts(files.read('/proc/mounts'));
      const [remote, local] = await Promise.all([measureKind(mounts, true, asking), measureKind(mounts, false, asking)]);
      return mounts.flatMap((mount) => remote.get(mount) ?? local.get(mount) ?? []);
    };
  },
});

export const filesystems = createFilesystems(statfs);
