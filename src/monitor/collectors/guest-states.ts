/**
 * What QEMU last said of each guest, `silent` where it did not answer. It accepts only one connection on its socket, so the
 * collector with the connection stores the states for the others in its thread: for {@link CollectorContext.kept}.
 */
export const guestStates = (): Map<string, string> => new Map();
