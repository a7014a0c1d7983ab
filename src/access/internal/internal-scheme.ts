/** Of principals that are parts of the master. No authentication scheme may be called so. */
export const internalScheme = 'internal';
