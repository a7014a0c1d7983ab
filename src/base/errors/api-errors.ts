import { defineErrors } from './define-errors.ts';

export const apiErrors = defineErrors({});
