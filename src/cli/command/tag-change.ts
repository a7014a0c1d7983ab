import type { Command } from './command.ts';
import { usage } from './parse-command-line.ts';
import { submissionOptions, submitAndFollow } from './submit.ts';
import { splitTagArguments, tagKindArg } from './tag-target.ts';

/** `tag add` and `tag remove`, which differ in their opcode alone. */
export function defineTagChange(verb: 'add' | 'remove', summary: string, opcode: 'OP_TAGS_SET' | 'OP_TAGS_DEL'): Command {
  const label = `tag ${verb}`;
  return {
    path: ['tag', verb],
    summary,
    args: [tagKindArg, { name: 'name-and-tags', help: 'name of the object (not for the cluster), then tags', variadic: true }],
    options: submissionOptions({ dryRun: true, confirm: false }),
    examples: [`gantry ${label} instance web1 env:prod owner:anna`, `gantry ${label} cluster prod`],
    run: async (invocation) => {
      const { target, tags } = splitTagArguments(invocation.args, label);
      if (tags.length === 0) throw usage(label, 'Specify at least one tag.');
      return submitAndFollow({ OP_ID: opcode, ...target, tags }, `${label} ${target.name ?? target.kind}`, invocation);
    },
  };
}
