import { join } from 'node:path';
import { openSqliteStore } from '../sqlite-store.ts';
import { registerMigrationConformance } from '../testing/migration-conformance.ts';
import { temporaryDirectory } from '../testing/temporary-directory.ts';

const directory = await temporaryDirectory();
let files = 0;

registerMigrationConformance('SQLite', () => openSqliteStore(join(directory, `${files++}.db`)));
