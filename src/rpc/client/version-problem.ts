import { GantryError, version as master } from '../../base/index.ts';
import { calledMethod } from '../wire.ts';

/**
 * What an agent of another version answers to a call, or to a parameter, that it does not know; undefined for all other
 * errors. @param node name
 */
export function versionProblem(thrown: unknown, node: string, method: string): GantryError | undefined {
  if (!(thrown instanceof GantryError)) return undefined;
  const { code, facts, message } = thrown;
  const unknown = code === 'RPC_METHOD_UNKNOWN' || (code === 'INPUT_INVALID' && facts['subject'] === calledMethod(method));
  // Agents of the first versions do not say which one they have.
  const { version = 'unknown' } = facts;
  if (!unknown || typeof version !== 'string' || version === master) return undefined;
  return new GantryError('NODE_VERSION_UNFIT', { node, version, master, method, problem: message }, { cause: thrown });
}
