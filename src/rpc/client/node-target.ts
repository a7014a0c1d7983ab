import { GantryError } from '../../base/index.ts';

/** Where a node's agent listens, and who it must be. */
export interface NodeTarget {
  readonly name: string;
  readonly address: string;
  readonly port: number;
  /** Public key fingerprint that is registered for the node (SHA-256, hex). */
  readonly fingerprint: string;
}

/** A node by its UUID; undefined when there is none. */
export type NodeResolver = (nodeUuid: string) => NodeTarget | undefined;

/** @throws NODE_UNREACHABLE when the node is not configured */
export function resolveTarget(resolve: NodeResolver, nodeUuid: string): NodeTarget {
  const target = resolve(nodeUuid);
  if (target) return target;
  throw new GantryError('NODE_UNREACHABLE', { node: nodeUuid, address: 'unknown', problem: 'it is not in the configuration (any more)' });
}

export const addressOf = ({ address, port }: NodeTarget): string => (address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`);
