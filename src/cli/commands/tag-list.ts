import type { Command } from '../command/command.ts';
import { splitTagArguments, tagKindArg, tagsPath } from '../command/tag-target.ts';
import { exitCodes } from '../exit-codes.ts';
import { formatPlain } from '../output/format-values.ts';
import { printJson, printLine } from '../output/print.ts';

export const command: Command = {
  path: ['tag', 'list'],
  summary: 'List the tags of an object',
  args: [tagKindArg, { name: 'name', help: 'name of the object (not for the cluster)', optional: true }],
  run: async ({ args, output, client }) => {
    const { target } = splitTagArguments(args, 'tag list');
    const tags = (await client().http.request('GET', tagsPath(target))) as readonly string[];
    if (output === 'json') printJson(tags);
    else for (const tag of tags) printLine(formatPlain(tag));
    return exitCodes.ok;
  },
};
