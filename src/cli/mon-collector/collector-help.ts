import { readFileSync } from 'node:fs';
import { collectorCatalogue } from '../../monitor/index.ts';
import { optionsOf } from './collector-options.ts';

/** What lists all collectors, and what lists the plugins among them. */
export const listWords: readonly string[] = ['list', 'plugins'];

const columns = (rows: readonly (readonly [string, string])[]): string => {
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}\n`).join('');
};

export function versionText(): string {
  const { version } = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8')) as { version: string };
  return `mon-collector (gantry) version ${version}\n`;
}

/** What there is to run, with the options of one collector where it is named. */
export function helpText(name?: string): string {
  const options = Object.entries(optionsOf(name)).map(([long, { short, value, help }]): [string, string] => [
    `${short ? `-${short}, ` : '    '}--${long}${value ? `=${value}` : ''}`,
    help,
  ]);
  if (name !== undefined) return `Usage: mon-collector ${name} [OPTION...]\n${columns(options)}`;
  const collectors = collectorCatalogue.map(({ name: own, help }): [string, string] => [own, help]);
  return [
    'Usage: mon-collector COLLECTOR [OPTION...]\nPrints one report of a collector of the monitoring agent.\n',
    columns([
      ...collectors,
      ['list', 'List the collectors and plugins with their categories, kinds and intervals.'],
      ['plugins', 'List the plugins of this host; the name of one prints its report.'],
    ]),
    columns(options),
  ].join('\n');
}

const choices = (): string => `choices=${[...collectorCatalogue.map(({ name }) => name), ...listWords].join(',')}`;

/** In Ganeti's format: options with what completes them, then the arguments. */
export function completionText(name?: string): string {
  if (name === undefined) return `${choices()} 1 1\n`;
  const lines = Object.entries(optionsOf(name)).map(
    ([long, { short, completion }]) => `${short ? `-${short},` : ''}--${long} ${completion}\n`,
  );
  return lines.join('');
}

/** For completion in shells: the options of all collectors together. */
export function completedOptions() {
  const all = Object.assign({}, ...[...collectorCatalogue.map(({ name }) => name), ...listWords].map(optionsOf)) as ReturnType<
    typeof optionsOf
  >;
  const options = Object.entries(all)
    .filter(([long]) => long !== 'help' && long !== 'help-completion')
    .map(([long, { short, value, completion }]) => ({
      spellings: [...(short ? [`-${short}`] : []), `--${long}`],
      argument: value && completion,
    }));
  return { options, args: choices() };
}
