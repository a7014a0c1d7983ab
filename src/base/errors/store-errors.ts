import { defineErrors } from './define-errors.ts';

export const storeErrors = defineErrors({});
