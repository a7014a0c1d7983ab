import { GantryError } from '../../base/index.ts';
import { defineOperation } from '../../jobs/index.ts';
import { opcodes } from '../../model/index.ts';
import type { ObjectKind } from '../../store/index.ts';
import { taggedObject } from '../lib/tagged-object.ts';

/** Ganeti's limit of tags on one object. */
const tagLimit = 4096;

interface TagsPlan {
  readonly kind: ObjectKind;
  readonly uuid: string;
  readonly tags: readonly string[];
}

export const tagsSet = () =>
  defineOperation(opcodes.tagsSet, {
    async plan({ config }, params): Promise<TagsPlan> {
      const { kind, uuid, tags, subject } = taggedObject(config, params);
      const count = new Set([...tags, ...params.tags]).size;
      if (count > tagLimit) throw new GantryError('TAGS_TOO_MANY', { subject, count, limit: tagLimit });
      return { kind, uuid, tags: params.tags };
    },
    steps: ({ kind, uuid, tags }) => [
      {
        id: 'add-tags',
        title: 'add the tags',
        commit: (draft) => draft.update(kind, uuid, (old) => ({ ...old, tags: [...new Set([...old.tags, ...tags])].sort() })),
      },
    ],
    result: () => null,
  });
