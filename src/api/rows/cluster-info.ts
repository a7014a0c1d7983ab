import { Type } from 'typebox';
import { clusterKind, plainRow, rowSchema, type View } from '../../query/index.ts';

/** What `/2/info` tells beside the cluster. */
const more = {
  software_version: Type.String({ description: 'Version of the software' }),
  vcs_version: Type.String({ description: 'The same with its name' }),
};

/** The body of `/2/info`. */
export const InfoResult = rowSchema(clusterKind.rowFields, more);

/** The body of `/2/info`, with Ganeti's names. */
export function clusterInfo(view: View, version: string): Record<string, unknown> {
  return {
    ...plainRow(clusterKind.rowFields, view.config.cluster, view),
    software_version: version,
    vcs_version: `(gantry) version ${version}`,
  };
}
