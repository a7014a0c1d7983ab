import { formatIpv4 } from '../../base/index.ts';
import type { ClusterImport } from '../../model/index.ts';

/** A file for an import: groups of 50 nodes, a network for each, and instances on them, every fourth of which leaves open what it can. */
export function sampleImport(nodes: number, instances: number): ClusterImport {
  const groups = Math.ceil(nodes / 50);
  const numbers = (count: number) => Array.from({ length: count }, (_, number) => number);
  return {
    gantry_import: 1,
    cluster: { tags: ['imported'], port_range: [11_000, 65_535] },
    groups: numbers(groups).map((number) => ({ name: `rack${number}`, tags: [`row:${number % 4}`] })),
    networks: numbers(groups).map((number) => ({
      name: `lan${number}`,
      network: `${formatIpv4(0x0a400000 + number * 65_536)}/16`,
      gateway: formatIpv4(0x0a400001 + number * 65_536),
      groups: { [`rack${number}`]: { mode: 'bridged', link: 'br0', vlan: '' } },
    })),
    nodes: numbers(nodes).map((number) => ({
      name: `host${number}.example.com`,
      primary_ip: formatIpv4(0x0a000a00 + number),
      group: `rack${Math.floor(number / 50)}`,
    })),
    instances: numbers(instances).map((number) => {
      const node = number % nodes;
      const rack = Math.floor(node / 50);
      const common = {
        name: `guest${number}.example.com`,
        primary_node: `host${node}.example.com`,
        hypervisor: 'kvm' as const,
        hvparams: { vnc_bind_address: '127.0.0.1' },
        beparams: { maxmem: 1024, minmem: 1024, vcpus: 2 },
        disk_template: 'file' as const,
        disks: [{ size: 10_240, logical_id: ['loop', `guest${number}/disk0.raw`] }],
      };
      if (number % 4 === 0) return { ...common, nics: [{ network: `lan${rack}`, ip: 'pool' }] };
      const ip = formatIpv4(0x0a400000 + rack * 65_536 + 0x8000 + number);
      const mac = `aa:00:01:${[16, 8, 0].map((shift) => ((number >> shift) & 255).toString(16).padStart(2, '0')).join(':')}`;
      return {
        ...common,
        uuid: `00000000-0000-4000-8000-${number.toString(16).padStart(12, '0')}`,
        os: 'image+debian-12',
        admin_state: 'up' as const,
        network_port: 30_000 + number,
        nics: [{ network: `lan${rack}`, ip, mac }],
      };
    }),
  };
}
