import { GantryError } from '../../base/index.ts';
import { defineOperation } from '../../jobs/index.ts';
import { opcodes } from '../../model/index.ts';
import type { ObjectKind } from '../../store/index.ts';
import { taggedObject } from '../lib/tagged-object.ts';

interface TagsPlan {
  readonly kind: ObjectKind;
  readonly uuid: string;
  readonly tags: readonly string[];
}

export const tagsDel = () =>
  defineOperation(opcodes.tagsDel, {
    async plan({ config }, params): Promise<TagsPlan> {
      const { kind, uuid, tags, subject } = taggedObject(config, params);
      const missing = params.tags.find((tag) => !tags.includes(tag));
      if (missing !== undefined) throw new GantryError('TAG_MISSING', { subject, tag: missing });
      return { kind, uuid, tags: params.tags };
    },
    steps: ({ kind, uuid, tags }) => [
      {
        id: 'remove-tags',
        title: 'remove the tags',
        commit: (draft) => draft.update(kind, uuid, (old) => ({ ...old, tags: old.tags.filter((tag) => !tags.includes(tag)) })),
      },
    ],
    result: () => null,
  });
