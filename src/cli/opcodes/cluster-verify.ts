import { counted } from '../output/counted.ts';
import { formatPlain } from '../output/format-values.ts';
import { paint, printLine } from '../output/print.ts';
import { defineExtras } from './define-extras.ts';

interface Verification {
  /** Of a dry run there is none. */
  readonly ok?: boolean;
  readonly problems: readonly {
    readonly code: string;
    readonly subject: string;
    readonly text: string;
    readonly todo: string;
    readonly severity: string;
  }[];
}

export const clusterVerify = defineExtras<Verification>({ isBad: ({ ok }) => ok === false, print: printProblems });

function printProblems({ problems }: Verification): void {
  if (problems.length === 0) return printLine('No problems found.');
  for (const { code, subject, text, todo, severity } of problems) {
    printLine(
      `${paint(severity === 'warning' ? 'yellow' : 'red', formatPlain(code))} ${paint('bold', formatPlain(subject))}: ${formatPlain(text)}`,
    );
    if (todo) printLine(`  what to do: ${formatPlain(todo)}`);
  }
  const warnings = problems.filter(({ severity }) => severity === 'warning').length;
  printLine(`${counted(problems.length - warnings, 'error')}, ${counted(warnings, 'warning')}.`);
}
