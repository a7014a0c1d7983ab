export { type Backup, formatBackup, readBackup, readContent, replaceContent, type StoreContent } from './backup.ts';
export type { Collection, Config, ConfigDraft, ConfigSnapshot, ObjectKind, ObjectOf, Rider } from './config.ts';
export { changedObjects, type ObjectChange } from './config-state.ts';
export { createConfig, type InitialObjects } from './create-config.ts';
export { drawEpoch, ensureEpoch } from './epoch.ts';
export { openEtcdStore } from './etcd-store.ts';
export { type ImportMark, readImportMark } from './import/import-mark.ts';
export { type ImportOptions, type ImportWrites, importObjects } from './import/import-objects.ts';
export { requireFits } from './in-pieces.ts';
export { type CampaignOptions, campaign, currentLeader, type LeaderRecord, type Leadership } from './leadership.ts';
export { type ConfigOptions, openConfig } from './live-config.ts';
export { loadSnapshot } from './load-snapshot.ts';
export { type MigrateOptions, migrateConfig, plannedMigration } from './migrations/migrate-config.ts';
export { rehearseMigrations } from './migrations/migrate-content.ts';
export { requireKnownVersion, versionOf } from './migrations/stored-version.ts';
export { observedStore } from './observed-store.ts';
export { openStore, parseStoreUrl, type StoreAddress } from './open-store.ts';
export { createSecretBox, formatSecretKey, newSecretKey, parseSecretKeys, type SecretBox, type SecretKey } from './secret-box.ts';
export { openSqliteStore, type SqliteStoreOptions } from './sqlite-store.ts';
export {
  type Comparison,
  type Entry,
  type EtcdOptions,
  type Lease,
  type RangeOptions,
  type RangeResult,
  type Store,
  storeLimits,
  type Transaction,
  type TransactionResult,
  type WatchBatch,
  type WatchEvent,
  type Write,
} from './store.ts';
export { StoreMetrics, storeFamilies } from './store-metrics.ts';
