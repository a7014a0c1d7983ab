import { defineErrors } from './define-errors.ts';

export const clusterErrors = defineErrors({});
