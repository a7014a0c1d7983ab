import { GantryError } from '../../base/index.ts';
import type { BlockDescription } from '../../rpc/index.ts';

/** A block device with its driver as QEMU's `-blockdev` takes it; everything else, such as the cache, is up to the caller. */
export type BlockNode = { readonly driver: string } & Readonly<Record<string, unknown>>;

type Driver = BlockDescription['driver'];
type ByDriver<T> = { readonly [D in Driver]: (block: Extract<BlockDescription, { driver: D }>) => T };

const byFileName = ({ driver, path }: { driver: string; path: string }): BlockNode => ({ driver, filename: path });

const nodes: ByDriver<BlockNode> = {
  file: byFileName,
  host_device: byFileName,
  rbd: ({ driver, pool, image, user, conf }) => ({
    ...{ driver, pool, image },
    ...(user !== undefined && { user }),
    ...(conf !== undefined && { conf }),
  }),
  nbd: ({ driver, server, export: name }) => ({
    driver,
    server: 'path' in server ? { type: 'unix', path: server.path } : inet(server),
    export: name,
  }),
  gluster: ({ driver, volume, path, servers }) => ({ driver, volume, path, server: servers.map(inet) }),
  mount: ({ path }) => {
    throw new GantryError('INTERNAL', { detail: `the folder ${path} cannot be opened as a block device` });
  },
};

const inet = ({ host, port }: { host: string; port: number }) => ({ type: 'inet', host, port: String(port) });

const places: ByDriver<string> = {
  file: ({ path }) => path,
  host_device: ({ path }) => path,
  rbd: ({ pool, image }) => `rbd:${pool}/${image}`,
  nbd: ({ server, export: name }) => `nbd:${'path' in server ? server.path : `${server.host}:${server.port}`}/${name}`,
  gluster: ({ volume, path }) => `gluster:${volume}/${path}`,
  mount: ({ path }) => path,
};

/** What QEMU must be told to open a disk. @throws INTERNAL for a mounted folder, which only containers can use */
export const blockNode = (block: BlockDescription): BlockNode => of(nodes, block);

/** Where a disk is, for people. */
export const blockPlace = (block: BlockDescription): string => of(places, block);

/** Image format of a disk; a folder has none. */
export const formatOf = (block: BlockDescription): 'raw' | 'qcow2' => (block.driver === 'mount' ? 'raw' : block.format);

const of = <T>(table: ByDriver<T>, block: BlockDescription): T => (table[block.driver] as (block: BlockDescription) => T)(block);
