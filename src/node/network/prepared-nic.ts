/** How a hypervisor wants to be given a NIC: a tap device that a user may open, or one end of a pair. */
export type NicWish = { readonly kind: 'tap'; readonly ownerUid: number } | { readonly kind: 'veth' };

/** A NIC made ready by the network room. */
export type PreparedNic = TapNic | VethNic;

interface CommonNic {
  readonly uuid: string;
  readonly mac: string;
}

/** The hypervisor opens the device. */
export interface TapNic extends CommonNic {
  readonly kind: 'tap';
  readonly tap: string;
}

/** The hypervisor moves `peer`, which has the NIC's MAC, into the instance; `veth` stays on the host and is connected. */
export interface VethNic extends CommonNic {
  readonly kind: 'veth';
  readonly veth: string;
  readonly peer: string;
}

/** The device of a NIC that is connected on the host's side. */
export const deviceOf = (nic: PreparedNic): string => (nic.kind === 'tap' ? nic.tap : nic.veth);
