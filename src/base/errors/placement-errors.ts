import { defineErrors } from './define-errors.ts';

export const placementErrors = defineErrors({});
