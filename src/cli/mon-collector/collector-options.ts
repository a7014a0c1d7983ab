import { parseArgs } from 'node:util';
import { GantryError } from '../../base/index.ts';
import { collectorCatalogue } from '../../monitor/index.ts';

interface CollectorOption {
  readonly short?: string;
  /** Name of its value in the help; absent: it has none. */
  readonly value?: string;
  readonly help: string;
  /** What completes its value, in the words of Ganeti's --help-completion. */
  readonly completion: string;
}

const file = (short: string, help: string): CollectorOption => ({ short, value: 'FILE', help, completion: 'file' });

/** Options that one collector has, named as Ganeti's. */
const ownOptions: Readonly<Record<string, Readonly<Record<string, CollectorOption>>>> = {
  drbd: {
    'drbd-status': file('s', 'read this file instead of /proc/drbd'),
    'drbd-pairing': file('p', 'JSON with the minors of instances, instead of the data of the node agent'),
  },
  diskstats: { file: file('f', 'read this file instead of /proc/diskstats') },
  lv: {
    file: file('f', 'output of lvs, instead of running it'),
    instances: file('i', 'JSON with the instances and their disks, instead of the data of the node agent'),
  },
  'node-health': {
    command: {
      short: 'c',
      value: 'NAME',
      help: 'command of /etc/gantry/node-diagnose-commands to run, instead of diagnose',
      completion: 'string',
    },
  },
};

const commonOptions: Readonly<Record<string, CollectorOption>> = {
  output: {
    value: 'FORMAT',
    help: 'json, text for people, or metrics as Prometheus reads them [json]',
    completion: 'choices=json,text,metrics',
  },
  wait: { value: 'SECONDS', help: 'seconds over which averages are computed; 0: no averages [1]', completion: 'float' },
};

/** Of the lists, and of plugins. */
const pluginOptions: Readonly<Record<string, CollectorOption>> = {
  plugins: { value: 'FOLDER', help: 'folder with plugins [/etc/gantry/monitor/plugins]', completion: 'string' },
  'plugin-settings': {
    value: 'FILE',
    help: 'the user of plugins, and what they are granted [/etc/gantry/monitor/plugins.yaml]',
    completion: 'file',
  },
};

const isBuiltIn = (name: string): boolean => collectorCatalogue.some((one) => one.name === name);

const questions: Readonly<Record<string, CollectorOption>> = {
  version: { short: 'V', help: 'print the version', completion: 'none' },
  help: { short: 'h', help: 'print this help', completion: 'none' },
  'help-completion': { help: 'print the data for shell completion', completion: 'none' },
};

/** The options of a collector by their long names; without a name those that `mon-collector` itself has. */
export const optionsOf = (name?: string): Readonly<Record<string, CollectorOption>> => ({
  ...(name === undefined ? {} : { ...(isBuiltIn(name) ? ownOptions[name] : pluginOptions), ...commonOptions }),
  ...questions,
});

export interface CollectorLine {
  readonly options: Readonly<Record<string, string | boolean | undefined>>;
  readonly args: readonly string[];
}

/** @throws MONITOR_COLLECTOR_USAGE */
export function parseCollectorLine(words: readonly string[], name?: string): CollectorLine {
  const options = Object.fromEntries(
    Object.entries(optionsOf(name)).map(([long, { short, value }]) => [
      long,
      { type: value === undefined ? ('boolean' as const) : ('string' as const), ...(short && { short }) },
    ]),
  );
  try {
    const { values, positionals } = parseArgs({ args: [...words], options, allowPositionals: true });
    return { options: values as CollectorLine['options'], args: positionals };
  } catch (error) {
    throw new GantryError('MONITOR_COLLECTOR_USAGE', { problem: (error as Error).message });
  }
}
