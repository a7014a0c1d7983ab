// Apart from the schemas, so that the monitoring agent need not load those.

/** A name that a plugin on some node may have: which there are, only their nodes know. */
export const canBePlugin = (name: string): boolean => /^[A-Za-z][A-Za-z0-9-]{0,62}$/.test(name);

/** Name of a file in the folder of diagnose commands, and in no other. */
export const diagnoseCommandPattern = '[A-Za-z0-9][A-Za-z0-9._-]{0,63}';
