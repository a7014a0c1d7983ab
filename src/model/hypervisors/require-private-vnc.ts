import { GantryError } from '../../base/index.ts';

/** The addresses of the host itself; none stands for no VNC. */
const ownAddress = /^(?:|127(?:\.\d{1,3}){3}|::1)$/;

/**
 * VNC has no authentication of its own here: it is a socket that only root may use, served over the API. An address of the
 * network would promise what is not kept.
 * @throws VNC_ADDRESS_REFUSED
 */
export function requirePrivateVnc(address: string): void {
  if (!ownAddress.test(address)) throw new GantryError('VNC_ADDRESS_REFUSED', { address });
}
