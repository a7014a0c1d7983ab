import { GantryError } from '../../../base/index.ts';
import { type Instance, mirroringOf, type Node } from '../../../model/index.ts';

/** Disks whose data every node can reach; internally mirrored ones move only to their secondary node. @throws INSTANCE_NOT_MOVABLE */
export function requireMovable({ name, disk_template: template }: Instance, source: Node): void {
  if (mirroringOf(template) !== 'external') throw new GantryError('INSTANCE_NOT_MOVABLE', { name, template, node: source.name });
}
