import { GantryError } from '../../base/index.ts';

/** Whether a call failed because the agent, of an earlier version, does not have the method at all; the rest of its answers holds. */
export function isMethodUnknown(thrown: unknown): boolean {
  const { code, cause } = GantryError.from(thrown);
  return code === 'NODE_VERSION_UNFIT' ? cause instanceof GantryError && isMethodUnknown(cause) : code === 'RPC_METHOD_UNKNOWN';
}
