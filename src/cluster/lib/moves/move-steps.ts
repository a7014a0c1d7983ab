import type { CommitStep } from '../../../jobs/index.ts';
import type { Instance } from '../../../model/index.ts';
import { requireUsable } from '../nodes/require-node.ts';

/** Nodes are UUIDs. */
interface Move {
  readonly instance: Pick<Instance, 'uuid'>;
  readonly source: string;
  readonly target: string;
}

/** An instance that is not being moved. */
export const staying = ({ moving_to: _, ...instance }: Instance): Instance => instance;

/** From now on the resources on the target are reserved for the instance, so others may be placed while it moves. */
export const keepRoomStep = ({ instance, target }: Move): CommitStep => ({
  id: 'keep-room',
  title: 'keep room on the new node',
  formerly: ['keep room on the new node'],
  releases: ['allocation'],
  commit(draft) {
    // A move that an earlier version began may already have done this.
    if (draft.need('instance', instance.uuid).primary_node === target) return;
    requireUsable(draft.need('node', target));
    draft.update('instance', instance.uuid, (old) => ({ ...old, moving_to: target }));
  },
  uncommit: (draft) => draft.update('instance', instance.uuid, staying),
});

/** The instance belongs to the target now. Undone by giving it back to the source; the resources on the target stay reserved. */
export const recordNodeStep = ({ instance, source, target }: Move) =>
  ({
    id: 'record-node',
    title: 'record the new node',
    formerly: ['record the new node'],
    commit: (draft) => draft.update('instance', instance.uuid, (old) => ({ ...staying(old), primary_node: target })),
    uncommit: (draft) => draft.update('instance', instance.uuid, (old) => ({ ...old, primary_node: source, moving_to: target })),
  }) satisfies CommitStep;
