/**
 * What QEMU last said of each guest, `silent` where it did not answer. It serves one connection on its socket, so the
 * collector that holds it leaves word for the others of its thread: for {@link CollectorContext.kept}.
 */
export const guestStates = (): Map<string, string> => new Map();
