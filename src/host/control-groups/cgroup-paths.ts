/** Where the files of a control group lie, by controller: either version's, or both on hosts that run both. */
export interface CgroupPaths {
  readonly cpu: CgroupPlace | null;
  readonly memory: CgroupPlace | null;
  readonly io: CgroupPlace | null;
  /** Huge pages, which the kernel counts apart from other memory. */
  readonly hugetlb: CgroupPlace | null;
}

export interface CgroupPlace {
  readonly version: 1 | 2;
  readonly folder: string;
}

const root = '/sys/fs/cgroup';

/** What of the path of a group is a container's own, below whatever parent was chosen for it; below it its init may have made more. */
export const ownPart = /^.*?(?:\/(?:docker[-/])?[0-9a-f]{64}(?:\.scope)?|\/lxc(?:\.payload)?[./][^/]+)/;

/**
 * Finds the control groups of a process from its /proc/PID/cgroup.
 * @param hybrid - version 2 is mounted beside version 1, at `/sys/fs/cgroup/unified`
 */
export function cgroupPaths(text: string, hybrid: boolean): CgroupPaths {
  const paths = new Map<string, string>();
  for (const [, controllers = '', path = ''] of text.matchAll(/^\d+:([^:\n]*):(\/[^\n]*)$/gm)) {
    const own = ownPart.exec(path)?.[0] ?? path.replace(/\/init\.scope$/, '');
    for (const controller of controllers.split(',')) paths.set(controller, own === '/' ? '' : own);
  }
  const place = (controller: string, folder: string): CgroupPlace | null => {
    const first = paths.get(controller);
    if (first !== undefined) return { version: 1, folder: `${root}/${folder}${first}` };
    const second = paths.get('');
    return second === undefined ? null : { version: 2, folder: `${root}${hybrid ? '/unified' : ''}${second}` };
  };
  return {
    cpu: place('cpuacct', 'cpuacct'),
    memory: place('memory', 'memory'),
    io: place('blkio', 'blkio'),
    hugetlb: place('hugetlb', 'hugetlb'),
  };
}
