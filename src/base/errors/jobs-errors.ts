import { defineErrors } from './define-errors.ts';

export const jobsErrors = defineErrors({});
