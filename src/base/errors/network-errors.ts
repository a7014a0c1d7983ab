import { defineErrors } from './define-errors.ts';

export const networkErrors = defineErrors({});
