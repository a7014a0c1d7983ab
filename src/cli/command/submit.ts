import type { Json, JsonObject } from '../../base/index.ts';
import { exitCodes } from '../exit-codes.ts';
import { printJson, printLine } from '../output/print.ts';
import { printResult } from '../output/print-result.ts';
import { chooseProgressView } from '../progress/choose-progress-view.ts';
import { followJob } from '../progress/follow-job.ts';
import { defineOption, type Invocation, type OptionSpec, type ParsedOptions, switchOption, textOption } from './command.ts';
import { confirm } from './confirm.ts';
import { followSubmitted } from './follow-submitted.ts';
import { usage } from './parse-command-line.ts';

/**
 * Options of every command that submits a job. All of them take `--yes` and Ganeti's `--force`, so that a script may give them
 * to any; help shows them for those that ask. A command with a `--force` of its own keeps its meaning.
 */
export function submissionOptions(traits: { readonly dryRun: boolean; readonly confirm: boolean; readonly force?: boolean }): OptionSpec[] {
  const hidden = !traits.confirm;
  return [
    ...(traits.dryRun ? [defineOption('--dry-run', 'check everything and say what would happen; change nothing')] : []),
    defineOption('-y, --yes', 'do not ask for confirmation', { hidden }),
    ...(traits.force ? [] : [defineOption('-f, --force', 'the same as --yes', { key: 'yes', hidden })]),
    defineOption('--submit', 'submit the job, print its number and do not wait for it'),
    defineOption('--priority <priority>', 'low, normal, high or -20 … 19; lower runs first'),
    defineOption('--reason <text>', 'why; kept with the job'),
    defineOption('--depends <jobs>', 'run after these jobs: "12,13", or only if they ended like this: "12:success"'),
  ];
}

/**
 * Asks for a yes, unless --yes or --dry-run was given.
 * @throws CLI_NOT_CONFIRMED after a no, CLI_CONFIRMATION_NEEDED without a terminal to ask on
 */
export async function confirmed(question: string, { options, output }: Invocation): Promise<void> {
  if (switchOption(options, 'yes') || switchOption(options, 'dry-run')) return;
  await confirm(question, output !== 'json');
}

/** Submits one operation as a job, shows its progress under the label, prints its result. */
export async function submitAndFollow(op: JsonObject & { OP_ID: string }, label: string, invocation: Invocation): Promise<number> {
  const { options, output, command } = invocation;
  const client = invocation.client();
  const id = await client.submit([{ ...op, ...commonParams(options, command.path.join(' ')) }]);
  if (switchOption(options, 'submit')) {
    if (output === 'json') printJson({ job_id: id });
    else printLine(`Job ${id} is submitted. Follow it with: gantry job watch ${id}`);
    return exitCodes.ok;
  }
  const job = await followJob(client, id, chooseProgressView(output, label));
  const code = printResult(job, output, switchOption(options, 'dry-run'));
  await followSubmitted(client, job, output);
  return code;
}

const priorities: Readonly<Record<string, number>> = { low: 10, normal: 0, high: -10 };

export function parsePriority(text: string, command: string): number {
  const value = priorities[text] ?? (/^-?\d{1,2}$/.test(text) ? Number(text) : Number.NaN);
  if (value >= -20 && value <= 19) return value;
  throw usage(command, `"${text}" is not a priority; it is low, normal, high or a number from -20 to 19.`);
}

function commonParams(options: ParsedOptions, command: string): JsonObject {
  const priority = textOption(options, 'priority');
  const depends = textOption(options, 'depends');
  const reason = textOption(options, 'reason');
  const now = Math.round(Date.now() * 1e6);
  return {
    ...(switchOption(options, 'dry-run') ? { dry_run: true } : {}),
    ...(priority === undefined ? {} : { priority: parsePriority(priority, command) }),
    ...(depends === undefined ? {} : { depends: parseDepends(depends, command) }),
    reason: [...(reason === undefined ? [] : [['gantry:user', reason, now]]), ['gantry:client', command, now]],
  };
}

const endStates = ['success', 'error', 'canceled'];

function parseDepends(text: string, command: string): Json {
  return text.split(',').map((part) => {
    const [id = '', state, ...more] = part.trim().split(':');
    if (!/^\d+$/.test(id) || (state !== undefined && !endStates.includes(state)) || more.length > 0) {
      throw usage(command, `"${part}" is not a job to wait for, such as 12 or 12:success.`);
    }
    return [Number(id), state === undefined ? [] : [state]];
  });
}
