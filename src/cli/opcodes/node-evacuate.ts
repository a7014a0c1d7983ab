import { counted } from '../output/counted.ts';
import { formatPlain } from '../output/format-values.ts';
import { printLine } from '../output/print.ts';
import { defineExtras } from './define-extras.ts';

/** The result has the jobs; that of a dry run, which is the plan, what would stay. */
interface Evacuation {
  readonly jobs: readonly (readonly [submitted: boolean, jobOrReason: unknown])[];
  readonly stays?: readonly { readonly instance: string; readonly reason: string }[];
  readonly moves?: readonly unknown[];
}

export const nodeEvacuate = defineExtras<Evacuation>({
  isBad: ({ stays = [] }) => stays.length > 0,
  printDryRun: ({ stays = [], moves }) => {
    if (stays.length === 0 && moves?.length === 0) printLine('Nothing would have to leave the node.');
    if (stays.length > 0) printLine(`${counted(stays.length, 'instance')} would stay:`);
    for (const { instance, reason } of stays) printLine(`  ${formatPlain(instance)}: ${formatPlain(reason)}`);
  },
  sentence: (op, { jobs }) => {
    const node = formatPlain(op['node_name']);
    if (jobs.length === 0) return `Nothing has to leave ${node}.`;
    const stays = jobs.filter(([submitted]) => !submitted).map(([, reason]) => `\n  ${formatPlain(reason)}`);
    const goes = `${counted(jobs.length - stays.length, 'instance')} will leave ${node}.`;
    return stays.length === 0 ? goes : `${goes} ${counted(stays.length, 'instance')} cannot:${stays.join('')}`;
  },
});
