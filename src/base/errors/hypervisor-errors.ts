import { defineErrors } from './define-errors.ts';

export const hypervisorErrors = defineErrors({});
