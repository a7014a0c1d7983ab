import { defineErrors } from './define-errors.ts';

export const osErrors = defineErrors({});
