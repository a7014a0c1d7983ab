import { defineErrors } from './define-errors.ts';

export const storageErrors = defineErrors({});
