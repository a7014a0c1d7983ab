import { parseArgs } from 'node:util';
import { GantryError } from '../../base/index.ts';
import { checkPlugins, type PluginCheck, type PluginChecks } from '../../monitor/index.ts';

const help = `Usage: gantry monitor plugin check PATH [options]

Runs the plugin at PATH, or each plugin in the folder PATH, once, as the monitoring
agent does, and shows what the agent would serve. Run it as root for the same confinement.

  --plugin-settings FILE   the user of plugins and their privileges
                           (default /etc/gantry/monitor/plugins.yaml)
  --output table|json      for people or for programs (default table)
`;

/** `gantry monitor plugin check`. @throws INPUT_INVALID, MONITOR_PLUGINS_REFUSED */
export async function run(args: readonly string[]): Promise<number> {
  const { values, positionals } = parse(args);
  if (values.help) {
    process.stdout.write(help);
    return 0;
  }
  const [path] = positionals;
  if (path === undefined || positionals.length > 1) throw invalid('PATH', 'specify one file or folder');
  if (values.output !== 'table' && values.output !== 'json') throw invalid('--output', 'it must be table or json');
  const checks = await checkPlugins(path, values['plugin-settings']).catch((error: unknown) => {
    throw (error as NodeJS.ErrnoException).syscall === undefined ? error : invalid('PATH', (error as Error).message);
  });
  process.stdout.write(values.output === 'json' ? `${JSON.stringify(checks, undefined, 2)}\n` : table(checks));
  const count = checks.plugins.filter(({ problem }) => problem !== undefined).length;
  if (count > 0) throw new GantryError('MONITOR_PLUGINS_REFUSED', { path, count });
  return 0;
}

function parse(args: readonly string[]) {
  const options = {
    'plugin-settings': { type: 'string', default: '/etc/gantry/monitor/plugins.yaml' },
    output: { type: 'string', default: 'table' },
    help: { type: 'boolean', short: 'h' },
  } as const;
  try {
    return parseArgs({ args: [...args], allowPositionals: true, options });
  } catch (error) {
    throw invalid('options', (error as Error).message);
  }
}

const invalid = (field: string, problem: string) =>
  new GantryError('INPUT_INVALID', { subject: 'gantry monitor plugin check', field, problem });

function table({ plugins, unconfined }: PluginChecks): string {
  if (plugins.length === 0) return 'There is no plugin.\n';
  const programs = plugins.some(({ command }) => command);
  const notes = programs ? unconfined.map((what) => `Not restricted for programs: ${what}.\n`) : [];
  return plugins.map(section).join('\n') + notes.join('');
}

function section(check: PluginCheck): string {
  const { name, path, problem, source, mode, user, interval, seconds, data, metrics = '', stderr = '' } = check;
  const how = source === undefined ? [] : [`  ${source}, ${mode}, every ${interval} s${user === undefined ? '' : `, as ${user}`}`];
  const told =
    problem === undefined
      ? [`  report in ${seconds?.toFixed(3)} s: ${JSON.stringify(data)}`]
      : [`  ${source === undefined ? 'refused' : 'failed'}: ${problem}`];
  const lines = (title: string, text: string) =>
    text === ''
      ? []
      : [
          `  ${title}:`,
          ...text
            .trimEnd()
            .split('\n')
            .map((line) => `    ${line}`),
        ];
  return `${[`${name}  ${path}`, ...how, ...told, ...lines('metrics', metrics), ...lines('standard error', stderr)].join('\n')}\n`;
}
