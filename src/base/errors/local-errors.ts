import { defineErrors } from './define-errors.ts';

export const localErrors = defineErrors({});
