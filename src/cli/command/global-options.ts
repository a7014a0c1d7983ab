import { defineOption, type OptionSpec } from './command.ts';

/** Options that every command has. */
export const globalOptions: readonly OptionSpec[] = [
  defineOption('--output <format>', 'table (for people) or json (for programs)', { choices: ['table', 'json'] }),
  defineOption('--cluster <name>', 'a cluster from the file of known clusters', { complete: 'cluster' }),
  defineOption('--url <url>', 'address of the REST API, e.g. https://10.0.0.1:5080'),
  defineOption('--ca-file <file>', 'PEM file of the authority that signed its certificate', { complete: 'file' }),
  defineOption('--credentials-file <file>', 'file of one line: user password', { complete: 'file' }),
  defineOption('-h, --help', 'show this help'),
];
