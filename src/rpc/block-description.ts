import { type Static, Type } from 'typebox';
import { diskFormats } from '../model/index.ts';

const size = Type.Integer({ description: 'bytes' });
const format = Type.Enum(diskFormats);
const host = { host: Type.String(), port: Type.Integer() };

/** A file, which is opened as it is. */
const File = Type.Object({ driver: Type.Literal('file'), path: Type.String(), format, size });

/** A block device of the node: a logical volume, a DRBD device, a mapped image. */
const Device = Type.Object({ driver: Type.Literal('host_device'), path: Type.String(), format, size });

/** An image of Ceph that QEMU opens itself, without a device on the node. */
const Rbd = Type.Object({
  driver: Type.Literal('rbd'),
  pool: Type.String(),
  image: Type.String(),
  /** User of Ceph and its configuration file; default: Ceph's own. */
  user: Type.Optional(Type.String()),
  conf: Type.Optional(Type.String()),
  format,
  size,
});

/** A network block device: a socket on this node, or an address. */
const Nbd = Type.Object({
  driver: Type.Literal('nbd'),
  server: Type.Union([Type.Object({ path: Type.String() }), Type.Object(host)]),
  export: Type.String(),
  format,
  size,
});

/** A file in a volume of GlusterFS that QEMU opens itself. */
const Gluster = Type.Object({
  driver: Type.Literal('gluster'),
  servers: Type.Array(Type.Object(host), { minItems: 1 }),
  volume: Type.String(),
  path: Type.String({ description: 'In the volume' }),
  format,
  size,
});

/** A mounted folder, for containers. */
const Mount = Type.Object({ driver: Type.Literal('mount'), path: Type.String(), size });

/**
 * How a hypervisor opens a disk that is ready for use. `driver` tells them apart; but for `mount` it is the name of QEMU's
 * `-blockdev` driver.
 */
export const BlockDescription = Type.Union([File, Device, Rbd, Nbd, Gluster, Mount]);
export type BlockDescription = Static<typeof BlockDescription>;
