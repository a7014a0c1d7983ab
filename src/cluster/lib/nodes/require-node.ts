import { GantryError } from '../../../base/index.ts';
import { hasJoined, type Node } from '../../../model/index.ts';

/** @throws NODE_NOT_JOINED */
export function requireJoined(node: Node): void {
  if (!hasJoined(node)) throw new GantryError('NODE_NOT_JOINED', { name: node.name });
}

/** @throws NODE_NOT_JOINED, NODE_OFFLINE */
export function requireOnline(node: Node): void {
  requireJoined(node);
  if (node.offline) throw new GantryError('NODE_OFFLINE', { name: node.name });
}

/** A node that may get instances. @throws NODE_NOT_JOINED, NODE_OFFLINE, NODE_DRAINED, NODE_NOT_VM_CAPABLE */
export function requireUsable(node: Node): void {
  requireOnline(node);
  if (node.drained) throw new GantryError('NODE_DRAINED', { name: node.name });
  if (!node.vm_capable) throw new GantryError('NODE_NOT_VM_CAPABLE', { name: node.name });
}
