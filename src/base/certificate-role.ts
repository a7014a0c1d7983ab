/** `node`: an agent. `master`: may call agents. `server`: the REST API. */
export type CertificateRole = 'node' | 'master' | 'server';

const roles: readonly CertificateRole[] = ['node', 'master', 'server'];

/** The role stands in the certificate as an alternative name of type URI. */
export const roleUri = (role: CertificateRole): string => `urn:gantry:${role}`;

/**
 * The role in the alternative names of a certificate, as Node.js shows them. Only to be believed when the cluster's CA has
 * signed it; certificates of other authorities have none.
 */
export function certificateRole(subjectAltName: string | undefined): CertificateRole | undefined {
  // Node.js quotes names that have a comma, so a name cannot pretend to be a list.
  const names = new Set((subjectAltName ?? '').split(', '));
  return roles.find((role) => names.has(`URI:${roleUri(role)}`));
}
