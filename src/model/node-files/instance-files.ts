import { type Static, Type } from 'typebox';
import { HypervisorName } from '../objects/instance.ts';

/** Nothing in it is changed in place. */
type Lasting<T> = { readonly [K in keyof T]: Lasting<T[K]> };

/** A process that cannot be mistaken for a later one with its number. */
const ProcessIdentity = Type.Object({
  pid: Type.Integer({ minimum: 1 }),
  startTicks: Type.Integer({ minimum: 0, description: 'Clock ticks between the boot of the host and the start of the process' }),
  bootId: Type.String(),
});

/**
 * What every hypervisor writes about an instance, for the monitoring agent and for itself after a restart; each adds what it
 * alone needs. Files of all versions since the first are of this form.
 */
export const InstanceRuntimeFile = Type.Object({
  version: Type.Literal(1),
  uuid: Type.String(),
  name: Type.String(),
  /** Absent: KVM, which was the only one. */
  hypervisor: Type.Optional(HypervisorName),
  /** QEMU, or the first process of the container; null before it has begun. */
  process: Type.Union([ProcessIdentity, Type.Null()]),
  /** `incoming`: it waits for the state of another node. `off`: the guest switched itself off. */
  phase: Type.Union([Type.Literal('starting'), Type.Literal('running'), Type.Literal('incoming'), Type.Literal('off')]),
  /** 2: its sockets are where only root writes; else QEMU made them in its own folder. */
  layout: Type.Optional(Type.Integer()),
  request: Type.Optional(
    Type.Object({
      spec: Type.Optional(Type.Object({ memory: Type.Number({ description: 'MiB' }), vcpus: Type.Number() })),
      /** Devices on the host's side. */
      nics: Type.Optional(Type.Array(Type.Object({ tap: Type.Optional(Type.String()), veth: Type.Optional(Type.String()) }))),
      /** As the hypervisor was given them; those without a path are reached over the network. */
      disks: Type.Optional(Type.Array(Type.Object({ driver: Type.Optional(Type.String()), path: Type.Optional(Type.String()) }))),
    }),
  ),
});
export type InstanceRuntimeFile = Lasting<Static<typeof InstanceRuntimeFile>>;

/** That an instance is off because somebody asked for it. */
export const StoppedNote = Type.Object({
  version: Type.Literal(1),
  uuid: Type.String(),
  name: Type.String(),
  hypervisor: Type.Optional(HypervisorName),
  at: Type.Number({ description: 'Seconds since 1970' }),
});
export type StoppedNote = Static<typeof StoppedNote>;
