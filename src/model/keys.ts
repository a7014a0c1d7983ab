/**
 * The layout of the store. Every object is its own key, so that a change writes one small value.
 * A name is a key of its own that points to a UUID: two creations of one name collide on it.
 */
export const keys = {
  config: '/config/',
  cluster: '/config/cluster',
  /** There while the configuration is migrated to another version: whoever reads it refuses all of it. */
  migrating: '/config/migrating',
  /** There while objects are imported in parts: whoever reads the configuration refuses all of it. */
  importing: '/config/importing',
  node: (uuid: string) => `/config/nodes/${uuid}`,
  group: (uuid: string) => `/config/groups/${uuid}`,
  network: (uuid: string) => `/config/networks/${uuid}`,
  instance: (uuid: string) => `/config/instances/${uuid}`,
  /** Value: the UUID. */
  name: (kind: NamedKind, name: string) => `/config/names/${kind}/${name.toLowerCase()}`,
  /** Claimed MAC addresses, console ports and IP addresses; value: UUID of the owner. */
  claim: (what: 'mac' | 'port' | 'ip', value: string) => `/config/claims/${what}/${value}`,
  /** The last completed migration of the configuration. */
  migrated: '/migrated',
  leader: '/leader',
  /** Identity of the history of this store, drawn anew when a backup is restored. */
  epoch: '/epoch',
  /** There while a backup is being written into the store. */
  restoring: '/restoring',
  jobs: '/jobs/',
  job: (id: number) => `/jobs/${String(id).padStart(12, '0')}`,
  archivedJobs: '/archive/',
  archivedJob: (id: number) => `/archive/${String(id).padStart(12, '0')}`,
  jobSerial: '/job-serial',
  /** Submissions by the digest of the client's key; they are written with their jobs. */
  submissions: '/submissions/',
  submission: (digest: string) => `/submissions/${digest}`,
  /** Id of the key that encrypts secret parameters. */
  secretKey: '/secrets/key',
  /** What is left on nodes that could not be reached. */
  garbage: '/garbage/',
  joinTokens: '/join-tokens/',
  joinToken: (id: string) => `/join-tokens/${id}`,
} as const;

export type NamedKind = 'node' | 'group' | 'network' | 'instance';
