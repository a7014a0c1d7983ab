// A second door, for threads and processes that pay for every module they load: nothing behind it loads a schema.

export { nodeFileNames } from './node-files/node-file-names.ts';
export { canBePlugin, diagnoseCommandPattern } from './params/can-be-plugin.ts';
