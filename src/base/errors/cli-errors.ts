import { defineErrors } from './define-errors.ts';

export const cliErrors = defineErrors({});
