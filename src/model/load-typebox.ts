import { createRequire } from 'node:module';
import type * as TypeboxCompile from 'typebox/compile';
import type * as TypeboxValue from 'typebox/value';

// Half of typebox's modules are for checking. The command line needs schemas and checks nothing, so they are loaded on first use.
const load = createRequire(import.meta.url);

export const typeboxCompile = () => load('typebox/compile') as typeof TypeboxCompile;
export const typeboxValue = () => load('typebox/value') as typeof TypeboxValue;
